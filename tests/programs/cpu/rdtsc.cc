// SPDX-License-Identifier: Apache-2.0
//
// rdtsc and rdtscp in the program go forwards and leave flags and other registers alone.

#include <x86intrin.h>

#include <cstdint>
#include <cstdio>

#include "check.h"

int main() {
  unsigned auxiliary = 0;
  std::uint64_t last = __rdtsc();
  for (int i = 0; i < 5000; ++i) {
    const std::uint64_t now = i % 2 ? __rdtsc() : __rdtscp(&auxiliary);
    CHECK(now >= last);
    last = now;
  }
  std::uint64_t rbx = 11, rcx = 22, rsi = 33, rdi = 44, r8 = 55;
  unsigned char below = 0, zero = 0;
  asm volatile("mov $1,%%eax; cmp $2,%%eax; rdtsc; setc %0; setz %1"
               : "=r"(below), "=r"(zero), "+b"(rbx), "+c"(rcx), "+S"(rsi), "+D"(rdi)
               : "r"(r8)
               : "rax", "rdx", "cc");
  CHECK(below == 1 && zero == 0 && rbx == 11 && rcx == 22 && rsi == 33 && rdi == 44);
  std::puts("forwards");
}
