// SPDX-License-Identifier: Apache-2.0
//
// Programs built into this command: one file to install, and never one of another version.
#pragma once

#include "base/bytes.h"

namespace sgxx::cli {

/// The trusted runtime, an ELF file.
ByteView builtin_runtime();

/// The software SGX's quoting enclave, a static-PIE.
ByteView builtin_quoting_enclave();

}  // namespace sgxx::cli
