// SPDX-License-Identifier: Apache-2.0
//
// What a fuzz target defines: the function that libFuzzer calls, which must return for any bytes, and valid inputs to start from.
#pragma once

#include <vector>

#include "base/bytes.h"

extern "C" int LLVMFuzzerTestOneInput(const sgxx::u8* data, std::size_t size);

namespace sgxx::fuzz {

std::vector<std::vector<u8>> seeds();

}  // namespace sgxx::fuzz
