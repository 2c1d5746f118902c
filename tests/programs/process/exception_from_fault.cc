// SPDX-License-Identifier: Apache-2.0
//
// A C++ exception may be thrown out of a SIGSEGV handler and caught around the access.
// sgxx-test: flags -fnon-call-exceptions -fasynchronous-unwind-tables

#include <csignal>
#include <cstdio>
#include <stdexcept>

#include "check.h"

static void on_fault(int, siginfo_t* info, void*) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGSEGV);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  if (info->si_addr == nullptr) throw std::runtime_error("null pointer");
  throw std::runtime_error("wild pointer");
}

struct Guard {
  ~Guard() { ++destroyed; }
  static inline int destroyed = 0;
};

[[gnu::noinline]] static int access(const volatile int* pointer) {
  Guard guard;
  return *pointer;
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = on_fault;
  action.sa_flags = SA_SIGINFO | SA_NODEFER;
  CHECK(sigaction(SIGSEGV, &action, nullptr) == 0);
  for (int round = 0; round < 100; ++round) {
    try {
      access(round % 2 ? nullptr : reinterpret_cast<int*>(0x40));
      std::puts("never");
    } catch (const std::runtime_error& error) {
      if (round < 2) std::puts(error.what());
    }
  }
  std::printf("destroyed %d\n", Guard::destroyed);
}
