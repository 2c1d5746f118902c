// SPDX-License-Identifier: Apache-2.0
//
// The bytes of syscall, cpuid and rdtsc as data in .text, and inside another instruction's constant,
// stay what they are.

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "check.h"

extern "C" const unsigned char table_in_text[16];
extern "C" std::uint64_t constant_with_bytes();
asm(R"(
  .text
  .p2align 4
  .globl table_in_text
  .type table_in_text,@object
table_in_text:
  .byte 0x0f,0x05,0x0f,0xa2,0x0f,0x31,0x0f,0x05,0x90,0x90,0x0f,0x05,0xc3,0x0f,0xa2,0x0f
  .size table_in_text,16
  .globl constant_with_bytes
  .type constant_with_bytes,@function
constant_with_bytes:
  movabs $0x310fa20f050f050f,%rax
  ret
  .size constant_with_bytes,.-constant_with_bytes
)");

int main() {
  static const unsigned char expected[16] = {0x0f, 0x05, 0x0f, 0xa2, 0x0f, 0x31, 0x0f, 0x05,
                                             0x90, 0x90, 0x0f, 0x05, 0xc3, 0x0f, 0xa2, 0x0f};
  CHECK(std::memcmp(table_in_text, expected, 16) == 0);
  CHECK(constant_with_bytes() == 0x310fa20f050f050f);
  for (unsigned char byte : table_in_text) std::printf("%02x", byte);
  std::puts("");
}
