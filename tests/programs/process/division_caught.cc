// SPDX-License-Identifier: Apache-2.0
//
// SIGFPE reaches a handler with FPE_INTDIV, which may change the saved context and resume.

#include <ucontext.h>

#include <csignal>
#include <cstdio>

#include "check.h"

static volatile int code = 0;

static void on_fault(int, siginfo_t* info, void* context) {
  code = info->si_code;
  auto* user = static_cast<ucontext_t*>(context);
  CHECK(info->si_addr == reinterpret_cast<void*>(user->uc_mcontext.gregs[REG_RIP]));
  user->uc_mcontext.gregs[REG_RCX] = 4;
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGFPE, &action, nullptr) == 0);
  int low = 100, high = 0, divisor = 0;
  asm volatile("idivl %%ecx" : "+a"(low), "+d"(high), "+c"(divisor));
  std::printf("%d, code %d\n", low, code == FPE_INTDIV);
}
