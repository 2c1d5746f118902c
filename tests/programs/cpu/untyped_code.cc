// SPDX-License-Identifier: Apache-2.0
//
// Code without a symbol type, size or unwind information still has its `syscall` and `cpuid` served.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>

#include "check.h"

extern "C" long hidden_call(long number);
extern "C" unsigned hidden_cpuid();
asm(R"(
  .text
  .byte 0x48,0xb8
  .globl hidden_call
hidden_call:
  mov %rdi,%rax
  syscall
  ret
  .globl hidden_cpuid
hidden_cpuid:
  push %rbx
  xor %eax,%eax
  cpuid
  pop %rbx
  ret
)");

int main() {
  CHECK(hidden_call(SYS_getpid) == getpid());
  CHECK(hidden_cpuid() >= 7);
  std::puts("served");
}
