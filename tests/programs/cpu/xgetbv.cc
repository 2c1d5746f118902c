// SPDX-License-Identifier: Apache-2.0
//
// XCR0, as xgetbv gives it, is what may be used and no more than cpuid announces. An enclave may execute xgetbv, so nothing
// traps: the software SGX can give the enclave's answer only where the packer redirected it.
// sgxx-test: skip no-rewrite xgetbv does not trap, so the software SGX cannot answer it

#include <cpuid.h>

#include <cstdio>

#include "check.h"

int main() {
  unsigned low = 0, high = 0;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  CHECK((low & 3) == 3);
  unsigned a = 0, b = 0, c = 0, d = 0;
  __cpuid(1, a, b, c, d);
  if (c & bit_AVX) CHECK((low & 4) == 4);
  __cpuid_count(7, 0, a, b, c, d);
  if (b & bit_AVX512F) CHECK((low & 0xE0) == 0xE0);
  __cpuid_count(13, 0, a, b, c, d);
  CHECK((low & ~a) == 0 && (high & ~d) == 0);
  std::puts("consistent");
}
