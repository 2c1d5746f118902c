// SPDX-License-Identifier: Apache-2.0
#include "cli/runtime.h"

extern "C" const sgxx::u8 sgxx_runtime_begin[];
extern "C" const sgxx::u8 sgxx_runtime_end[];

namespace sgxx::cli {

ByteView builtin_runtime() { return {sgxx_runtime_begin, sgxx_runtime_end}; }

}  // namespace sgxx::cli
