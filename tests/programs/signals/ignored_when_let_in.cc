// SPDX-License-Identifier: Apache-2.0
//
// A blocked signal waits even if it is ignored, is dropped when it is let in or when it becomes ignored, and never comes late.

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <initializer_list>

#include "check.h"

static volatile sig_atomic_t handled;

static bool waits(int number) {
  sigset_t pending;
  CHECK(sigpending(&pending) == 0);
  return sigismember(&pending, number) == 1;
}

static void mask(int how, int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  CHECK(sigprocmask(how, &set, nullptr) == 0);
}

int main() {
  const auto note = [](int) { handled = handled + 1; };
  for (int number : {SIGCHLD, SIGURG, SIGWINCH, SIGCONT}) {
    mask(SIG_BLOCK, number);
    raise(number);
    kill(getpid(), number);
    CHECK(waits(number));
    mask(SIG_UNBLOCK, number);
    CHECK(!waits(number));
    CHECK(signal(number, note) == SIG_DFL);
    CHECK(handled == 0);
    mask(SIG_BLOCK, number);
    raise(number);
    CHECK(waits(number) && signal(number, SIG_IGN) == note && !waits(number));
    CHECK(signal(number, note) == SIG_IGN);
    mask(SIG_UNBLOCK, number);
    CHECK(handled == 0);
  }
  CHECK(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
  mask(SIG_BLOCK, SIGUSR1);
  kill(getpid(), SIGUSR1);
  CHECK(waits(SIGUSR1) && signal(SIGUSR1, note) == SIG_IGN);
  mask(SIG_UNBLOCK, SIGUSR1);
  std::printf("handled %d\n", static_cast<int>(handled));
}
