// SPDX-License-Identifier: Apache-2.0
//
// raise delivers before it returns; SIG_IGN and SIG_DFL act as they should; SA_RESETHAND resets.

#include <csignal>
#include <cstdio>

#include "check.h"

static volatile std::sig_atomic_t seen = 0;

int main() {
  CHECK(std::signal(SIGUSR1, [](int number) { seen = seen + number; }) == SIG_DFL);
  CHECK(std::raise(SIGUSR1) == 0 && seen == SIGUSR1);
  CHECK(std::signal(SIGUSR1, SIG_IGN) != SIG_ERR && std::raise(SIGUSR1) == 0 && seen == SIGUSR1);
  CHECK(std::raise(SIGCHLD) == 0 && std::raise(SIGURG) == 0);
  CHECK(std::signal(SIGKILL, SIG_IGN) == SIG_ERR && std::signal(0, SIG_IGN) == SIG_ERR && std::signal(65, SIG_IGN) == SIG_ERR);
  CHECK(raise(100) != 0);
  struct sigaction action {};
  action.sa_handler = [](int) { seen = 1000; };
  action.sa_flags = SA_RESETHAND;
  CHECK(sigaction(SIGUSR2, &action, nullptr) == 0 && std::raise(SIGUSR2) == 0 && seen == 1000);
  struct sigaction now {};
  CHECK(sigaction(SIGUSR2, nullptr, &now) == 0 && now.sa_handler == SIG_DFL);
  std::puts("done");
}
