// SPDX-License-Identifier: Apache-2.0
//
// Blocked signals wait, sigpending shows them, unblocking delivers them; a handler's mask is undone after it.

#include <csignal>
#include <cstdio>

#include "check.h"

static volatile int order[8];
static volatile int count = 0;

static void note(int number) {
  sigset_t now;
  sigprocmask(SIG_BLOCK, nullptr, &now);
  CHECK(sigismember(&now, number) == 1 && sigismember(&now, SIGUSR2) == 1);
  order[count] = number;
  count = count + 1;
}

int main() {
  struct sigaction action {};
  action.sa_handler = note;
  sigaddset(&action.sa_mask, SIGUSR2);
  for (int number : (const int[]){SIGUSR1, SIGUSR2, SIGWINCH}) CHECK(sigaction(number, &action, nullptr) == 0);
  sigset_t set, old, pending;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGUSR2);
  CHECK(sigprocmask(SIG_BLOCK, &set, &old) == 0);
  raise(SIGUSR2);
  raise(SIGUSR1);
  raise(SIGUSR1);
  raise(SIGWINCH);
  CHECK(count == 1 && sigpending(&pending) == 0 && sigismember(&pending, SIGUSR1) && sigismember(&pending, SIGUSR2));
  CHECK(sigprocmask(SIG_SETMASK, &old, nullptr) == 0);
  CHECK(count == 3 && order[0] == SIGWINCH && order[1] != order[2]);
  CHECK(sigpending(&pending) == 0 && !sigismember(&pending, SIGUSR1));
  CHECK(sigprocmask(SIG_BLOCK, nullptr, &set) == 0 && !sigismember(&set, SIGUSR1) && !sigismember(&set, SIGUSR2));
  std::printf("%d delivered\n", count);
}
