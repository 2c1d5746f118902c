// SPDX-License-Identifier: Apache-2.0
//
// Policies as TOML. Everything that weakens one is a word in the file that a reader sees.
#pragma once

#include "base/error.h"
#include "sgxx/verify.h"

namespace sgxx::verify {

/// Errors begin with "NAME:LINE:COLUMN: " and say what was expected. A policy that names nobody is an error, as is a rule that
/// does not say whom it means. Roots may be files (PEM or DER), relative to `folder`.
Result<Policy> parse_policy(std::string_view text, const std::string& name, const std::string& folder);

Result<Policy> read_policy(const std::string& path);

/// The table of keys for docs/attestation.md.
std::string policy_key_table();

}  // namespace sgxx::verify
