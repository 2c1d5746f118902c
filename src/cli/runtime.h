// SPDX-License-Identifier: Apache-2.0
//
// The trusted runtime, as an ELF file built into this command: one file to install, and never a runtime of another version.
#pragma once

#include "base/bytes.h"

namespace sgxx::cli {

ByteView builtin_runtime();

}  // namespace sgxx::cli
