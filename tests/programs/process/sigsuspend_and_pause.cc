// SPDX-License-Identifier: Apache-2.0
//
// sigsuspend waits with another mask and restores the old one; a handler interrupts it.

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "check.h"

static volatile int seen = 0;

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) { seen = 1; };
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  sigset_t set, none;
  sigemptyset(&none);
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigprocmask(SIG_BLOCK, &set, nullptr);
  raise(SIGUSR1);
  CHECK(seen == 0 && sigsuspend(&none) == -1 && errno == EINTR && seen == 1);
  sigprocmask(SIG_BLOCK, nullptr, &none);
  CHECK(sigismember(&none, SIGUSR1));
  std::puts("done");
}
