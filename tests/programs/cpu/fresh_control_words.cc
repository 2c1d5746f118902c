// SPDX-License-Identifier: Apache-2.0
//
// main starts with every floating-point exception masked, rounding to nearest, and an empty x87 stack.

#include <xmmintrin.h>

#include <cstdint>
#include <cstdio>

#include "check.h"

int main() {
  struct {
    std::uint16_t control, pad0, status, pad1, tag, pad2;
    std::uint32_t rest[4];
  } environment;
  asm volatile("fnstenv %0; fldcw %1" : "=m"(environment) : "m"(environment.control));
  CHECK(environment.control == 0x37F && environment.tag == 0xFFFF && (environment.status & 0x3800) == 0);
  CHECK((_mm_getcsr() & 0x7F80) == 0x1F80 && (_mm_getcsr() & 0x8040) == 0);
  std::puts("fresh");
}
