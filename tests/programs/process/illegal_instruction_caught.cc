// SPDX-License-Identifier: Apache-2.0
//
// SIGILL reaches a handler with the instruction's address, and the program can step over it.

#include <ucontext.h>

#include <csignal>
#include <cstdio>

#include "check.h"

static volatile int count = 0;

int main() {
  struct sigaction action {};
  action.sa_sigaction = [](int, siginfo_t* info, void* context) {
    auto* user = static_cast<ucontext_t*>(context);
    CHECK(reinterpret_cast<void*>(user->uc_mcontext.gregs[REG_RIP]) == info->si_addr);
    user->uc_mcontext.gregs[REG_RIP] += 2;
    count = count + 1;
  };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGILL, &action, nullptr) == 0);
  for (int i = 0; i < 100; ++i) asm volatile("ud2");
  std::printf("%d\n", count);
}
