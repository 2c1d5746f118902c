// SPDX-License-Identifier: Apache-2.0
//
// A redirected program that runs natively: for tests. Each stub executes its instruction itself instead of calling a runtime, so
// that what is tested is what redirecting does to a program: windows, moved neighbours, jumps back.
#pragma once

#include <vector>

#include "rewrite/plan.h"

namespace sgxx::rewrite::test {

struct NativeImage {
  std::vector<u8> elf;
  Plan plan;
};

/// `program` is a static-PIE. Its first PT_NOTE is given up for a PT_LOAD of the stubs.
Result<NativeImage> make_native(ByteView program);

}  // namespace sgxx::rewrite::test
