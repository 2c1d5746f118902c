// SPDX-License-Identifier: Apache-2.0
//
// A handler is entered with the direction flag clear even if the interrupted code had set it.

#include <csignal>
#include <cstdio>
#include <cstring>

#include "check.h"

static volatile bool clear_inside = false;

int main() {
  struct sigaction action {};
  action.sa_sigaction = [](int, siginfo_t*, void* context) {
    unsigned long flags = 0;
    asm volatile("pushfq; pop %0" : "=r"(flags));
    clear_inside = (flags & 0x400) == 0;
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
  };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGILL, &action, nullptr) == 0);
  unsigned long flags = 0;
  asm volatile("sub $128,%%rsp; std; ud2; pushfq; pop %0; cld; add $128,%%rsp" : "=r"(flags) : : "cc", "memory");
  CHECK(clear_inside && (flags & 0x400) != 0);
  std::puts("clear inside, restored after");
}
