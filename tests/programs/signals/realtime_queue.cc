// SPDX-License-Identifier: Apache-2.0
//
// Real-time signals queue, several of one number, in order and with their values; the lowest number comes first. Of an ordinary
// signal one waits.

#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <initializer_list>

#include "check.h"

static int seen;

static void note(int number, siginfo_t* info, void*) {
  CHECK(info->si_signo == number && info->si_pid == getpid() && info->si_uid == getuid());
  const bool queued = info->si_code == SI_QUEUE;
  std::printf("%s%d code %d value %d\n", number >= SIGRTMIN ? "SIGRTMIN+" : "", number >= SIGRTMIN ? number - SIGRTMIN : number,
              info->si_code, queued ? info->si_value.sival_int : 0);
  ++seen;
}

static void send(int number, int value) {
  union sigval payload {};
  payload.sival_int = value;
  CHECK(sigqueue(getpid(), number, payload) == 0);
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = note;
  action.sa_flags = SA_SIGINFO;
  sigfillset(&action.sa_mask);
  sigset_t set, pending;
  sigemptyset(&set);
  for (int number : {SIGRTMIN, SIGRTMIN + 3, SIGRTMIN + 7, SIGUSR1, SIGUSR2}) {
    CHECK(sigaction(number, &action, nullptr) == 0);
    sigaddset(&set, number);
  }
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  for (int i = 0; i < 5; ++i) send(SIGRTMIN + 3, i);
  send(SIGRTMIN + 7, 70);
  for (int i = 0; i < 3; ++i) send(SIGRTMIN, 100 + i);
  send(SIGUSR2, 1);
  send(SIGUSR2, 2);
  CHECK(kill(getpid(), SIGUSR1) == 0 && kill(getpid(), SIGUSR1) == 0);
  CHECK(kill(getpid(), SIGRTMIN) == 0);
  CHECK(pthread_kill(pthread_self(), SIGRTMIN + 7) == 0);
  union sigval payload {};
  payload.sival_int = 71;
  CHECK(pthread_sigqueue(pthread_self(), SIGRTMIN + 7, payload) == 0);
  CHECK(sigpending(&pending) == 0);
  for (int number : {SIGRTMIN, SIGRTMIN + 3, SIGRTMIN + 7, SIGUSR1, SIGUSR2}) CHECK(sigismember(&pending, number) == 1);
  CHECK(sigismember(&pending, SIGRTMIN + 1) == 0);

  // One by one, in the order of sigwaitinfo, which is that of the numbers and then of arrival.
  siginfo_t info;
  sigset_t third;
  sigemptyset(&third);
  sigaddset(&third, SIGRTMIN + 3);
  for (int i = 0; i < 2; ++i) {
    CHECK(sigwaitinfo(&third, &info) == SIGRTMIN + 3 && info.si_code == SI_QUEUE && info.si_value.sival_int == i);
  }
  const timespec none{};
  sigset_t others = set;
  sigdelset(&others, SIGUSR1);
  for (int number; (number = sigtimedwait(&others, &info, &none)) > 0;) {
    note(number, &info, nullptr);
    if (number == SIGRTMIN + 3) break;
  }
  std::puts("the rest by handlers:");
  std::fflush(stdout);
  CHECK(pthread_sigmask(SIG_UNBLOCK, &set, nullptr) == 0);
  CHECK(sigpending(&pending) == 0 && sigisemptyset(&pending) == 1);
  std::printf("%d seen\n", seen);
}
