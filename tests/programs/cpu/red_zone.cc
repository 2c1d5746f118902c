// SPDX-License-Identifier: Apache-2.0
//
// The 128 bytes below the stack pointer survive system calls, cpuid and handled faults.

#include <sys/syscall.h>

#include <csignal>
#include <cstdint>
#include <cstdio>

#include "check.h"

extern "C" std::uint64_t red_zone();
asm(R"(
  .text
  .globl red_zone
  .type red_zone,@function
red_zone:
  push %rbx
  movabs $0x0123456789abcdef,%rax
  mov %rax,-8(%rsp)
  mov %rax,-64(%rsp)
  mov %rax,-120(%rsp)
  mov $39,%eax
  syscall
  xor %eax,%eax
  cpuid
  rdtsc
  ud2
  mov -8(%rsp),%rax
  xor -64(%rsp),%rax
  add -120(%rsp),%rax
  pop %rbx
  ret
  .size red_zone,.-red_zone
)");

int main() {
  struct sigaction action {};
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
  };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGILL, &action, nullptr) == 0);
  for (int i = 0; i < 100; ++i) CHECK(red_zone() == 0x0123456789abcdef);
  std::puts("kept");
}
