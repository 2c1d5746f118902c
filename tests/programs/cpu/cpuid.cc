// SPDX-License-Identifier: Apache-2.0
//
// The program's own cpuid: leaves agree with each other and do not change.

#include <cpuid.h>

#include <cstdio>
#include <cstring>

#include "check.h"

int main() {
  unsigned a = 0, b = 0, c = 0, d = 0;
  const unsigned highest = __get_cpuid_max(0, nullptr);
  CHECK(highest >= 13);
  __cpuid(0, a, b, c, d);
  char vendor[13] = {};
  std::memcpy(vendor, &b, 4);
  std::memcpy(vendor + 4, &d, 4);
  std::memcpy(vendor + 8, &c, 4);
  CHECK(a == highest && std::strlen(vendor) == 12);
  __cpuid(1, a, b, c, d);
  CHECK((d & bit_SSE2) && (d & bit_FXSAVE) && (c & bit_OSXSAVE));
  unsigned a13 = 0, b13 = 0, c13 = 0, d13 = 0;
  __cpuid_count(13, 0, a13, b13, c13, d13);
  CHECK((a13 & 3) == 3 && b13 >= 576 && c13 >= b13);
  if (c & bit_AVX) CHECK((a13 & 4) == 4);
  for (int i = 0; i < 1000; ++i) {
    unsigned a2 = 0, b2 = 0, c2 = 0, d2 = 0;
    __cpuid(1, a2, b2, c2, d2);
    CHECK(a2 == a && c2 == c && d2 == d);
  }
  std::puts("consistent");
}
