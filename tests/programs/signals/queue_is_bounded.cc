// SPDX-License-Identifier: Apache-2.0
//
// sigqueue fails with EAGAIN when no more signals can wait; what was accepted arrives in order; kill goes on to work.

#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>

#include "check.h"

int main() {
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_SIGPENDING, &limit) == 0 && limit.rlim_cur >= 100);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 1);
  sigaddset(&set, SIGRTMIN + 2);
  CHECK(sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  union sigval payload {};
  int accepted = 0;
  for (; accepted < 1'000'000; ++accepted) {
    payload.sival_int = accepted;
    if (sigqueue(getpid(), SIGRTMIN + 1, payload) != 0) break;
  }
  CHECK(errno == EAGAIN && accepted > 0 && static_cast<rlim_t>(accepted) <= limit.rlim_cur);
  CHECK(kill(getpid(), SIGRTMIN + 2) == 0);
  siginfo_t info;
  const timespec none{};
  for (int i = 0; i < accepted; ++i) {
    CHECK(sigtimedwait(&set, &info, &none) == SIGRTMIN + 1 && info.si_value.sival_int == i);
  }
  CHECK(sigtimedwait(&set, &info, &none) == SIGRTMIN + 2);
  CHECK(sigtimedwait(&set, &info, &none) == -1 && errno == EAGAIN);
  CHECK(sigqueue(getpid(), SIGRTMIN + 1, payload) == 0 && sigwaitinfo(&set, &info) == SIGRTMIN + 1);
  std::puts("bounded, in order");
}
