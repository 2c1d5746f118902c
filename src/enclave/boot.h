// SPDX-License-Identifier: Apache-2.0
//
// What the program was started with.
#pragma once

#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

/// NUL-terminated strings, one behind the other.
Text program_arguments();
Text program_environment();

}  // namespace sgxx::enclave
