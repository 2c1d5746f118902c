// SPDX-License-Identifier: Apache-2.0
//
// A `syscall` that is jumped to, directly and through a table, so that no window before it may be moved.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "check.h"

extern "C" long jump_into(long number, long path);
asm(R"(
  .text
  .globl jump_into
  .type jump_into,@function
jump_into:
  mov %rdi,%rax
  test %rsi,%rsi
  jz 2f
  cmp $1,%rsi
  je 1f
  lea 3f(%rip),%rdx
  jmp *%rdx
  nop
3: jmp 2f
1: mov %rdi,%rax
2: syscall
  ret
  .size jump_into,.-jump_into
)");

int main() {
  for (long path = 0; path < 3; ++path) CHECK(jump_into(SYS_getpid, path) == getpid());
  std::puts("every way in");
}
