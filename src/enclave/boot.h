// SPDX-License-Identifier: Apache-2.0
//
// What the program was started with, and in which enclave.
#pragma once

#include "enclave/vfs/inode.h"
#include "isa/sgx.h"

namespace sgxx::enclave {

/// NUL-terminated strings, one behind the other.
Text program_arguments();
Text program_environment();
/// Pairs of words, as they stood on the stack at the start.
Text program_auxiliary_vector();

/// The enclave's own attributes, as EREPORT told them at the start.
const isa::Attributes& own_attributes();
/// The enclave's own report of the start: identity and versions.
const isa::ReportBody& own_report();

}  // namespace sgxx::enclave
