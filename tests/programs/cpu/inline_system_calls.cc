// SPDX-License-Identifier: Apache-2.0
//
// `syscall` written by the program: results, errors, and every register but rax, rcx and r11 kept.

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>

#include "check.h"

int main() {
  long result = SYS_getpid;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
  CHECK(result == getpid());
  result = SYS_write;
  asm volatile("syscall" : "+a"(result) : "D"(77L), "S"("x"), "d"(1L) : "rcx", "r11", "memory");
  CHECK(result == -EBADF);
  static const char text[] = "written by hand\n";
  result = SYS_write;
  asm volatile("syscall" : "+a"(result) : "D"(1L), "S"(text), "d"(sizeof text - 1) : "rcx", "r11", "memory");
  CHECK(result == sizeof text - 1);
  std::uint64_t in[12], out[12];
  for (int i = 0; i < 12; ++i) in[i] = 0x1111111111111111u * static_cast<unsigned>(i + 1);
  std::uint64_t* results = out;
  asm volatile(
      "push %%rbp; push %[out]; mov %[in],%%rax;"
      "mov 0(%%rax),%%rbx; mov 8(%%rax),%%rdi; mov 16(%%rax),%%rsi; mov 24(%%rax),%%rdx; mov 32(%%rax),%%r8; mov 40(%%rax),%%r9;"
      "mov 48(%%rax),%%r10; mov 56(%%rax),%%r12; mov 64(%%rax),%%r13; mov 72(%%rax),%%r14; mov 80(%%rax),%%r15; mov "
      "88(%%rax),%%rbp;"
      "mov %[number],%%eax; syscall; pop %%rax;"
      "mov %%rbx,0(%%rax); mov %%rdi,8(%%rax); mov %%rsi,16(%%rax); mov %%rdx,24(%%rax); mov %%r8,32(%%rax); mov %%r9,40(%%rax);"
      "mov %%r10,48(%%rax); mov %%r12,56(%%rax); mov %%r13,64(%%rax); mov %%r14,72(%%rax); mov %%r15,80(%%rax); mov "
      "%%rbp,88(%%rax);"
      "pop %%rbp"
      : [out] "+c"(results)
      : [in] "r"(in), [number] "i"(SYS_getppid)
      : "rax", "rbx", "rdi", "rsi", "rdx", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
  for (int i = 0; i < 12; ++i) CHECK(in[i] == out[i]);
  std::puts("registers kept");
}
