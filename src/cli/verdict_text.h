// SPDX-License-Identifier: Apache-2.0
//
// A verdict for people.
#pragma once

#include <string>

#include "sgxx/verify.h"

namespace sgxx::cli {

std::string verdict_text(const verify::Verdict& verdict, const std::string& name);

/// Identity of an enclave or trust domain, one line for each value that says something.
std::string identity_text(const verify::EnclaveIdentity& enclave);
std::string identity_text(const verify::DomainIdentity& domain);

}  // namespace sgxx::cli
