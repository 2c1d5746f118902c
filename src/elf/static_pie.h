// SPDX-License-Identifier: Apache-2.0
//
// What a program must be so that it can become an enclave: a static-PIE that relocates itself, with its symbols.
#pragma once

#include "elf/file.h"

namespace sgxx::elf {

/// Nothing when `file` is such a program; otherwise a bad_input error of one line that names the compiler flag to change.
Result<void> require_static_pie(const File& file);

}  // namespace sgxx::elf
