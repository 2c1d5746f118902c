// SPDX-License-Identifier: Apache-2.0
//
// A `syscall` whose two bytes lie in two pages.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>

#include "check.h"

extern "C" long straddling_call(long number);
extern "C" const char straddling_site[];
asm(R"(
  .text
  .p2align 12
  .fill 4088,1,0x90
  .globl straddling_call
  .type straddling_call,@function
straddling_call:
  mov %rdi,%rax
  nopl (%rax)
  nop
  .globl straddling_site
straddling_site:
  syscall
  ret
  .size straddling_call,.-straddling_call
)");

int main() {
  CHECK(reinterpret_cast<std::uintptr_t>(straddling_site) % 4096 == 4095);
  CHECK(straddling_call(SYS_getpid) == getpid());
  std::puts("across");
}
