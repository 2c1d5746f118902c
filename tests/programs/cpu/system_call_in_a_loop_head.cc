// SPDX-License-Identifier: Apache-2.0
//
// A two-byte loop around `syscall`: the byte after it is a branch back to it.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "check.h"

extern "C" long loop_until_zero(long count);
asm(R"(
  .text
  .globl loop_until_zero
  .type loop_until_zero,@function
loop_until_zero:
  xor %edx,%edx
1: mov $39,%eax
2: syscall
  inc %rdx
  dec %rdi
  jz 3f
  mov $102,%eax
  jmp 2b
3: mov %rdx,%rax
  ret
  .size loop_until_zero,.-loop_until_zero
)");

int main() {
  std::printf("%ld\n", loop_until_zero(100));
  CHECK(SYS_getpid == 39 && SYS_getuid == 102);
}
