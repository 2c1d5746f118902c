// SPDX-License-Identifier: Apache-2.0
//
// sigsuspend's mask holds while it waits and in the handler's frame the old one is restored; it waits on after ignored signals.

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

static volatile sig_atomic_t first, second;
static sigset_t inside;

static bool blocks(int number) {
  sigset_t now;
  CHECK(pthread_sigmask(SIG_BLOCK, nullptr, &now) == 0);
  return sigismember(&now, number) == 1;
}

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    CHECK(pthread_sigmask(SIG_BLOCK, nullptr, &inside) == 0);
    first = first + 1;
  };
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  action.sa_handler = [](int) { second = second + 1; };
  CHECK(sigaction(SIGUSR2, &action, nullptr) == 0);
  sigset_t both, only_second;
  sigemptyset(&both);
  sigaddset(&both, SIGUSR1);
  sigaddset(&both, SIGUSR2);
  sigemptyset(&only_second);
  sigaddset(&only_second, SIGUSR2);
  CHECK(pthread_sigmask(SIG_SETMASK, &both, nullptr) == 0);

  // Waiting already: both, of which the mask lets in one.
  raise(SIGUSR1);
  raise(SIGUSR2);
  CHECK(sigsuspend(&only_second) == -1 && errno == EINTR);
  CHECK(first == 1 && second == 0 && blocks(SIGUSR1) && blocks(SIGUSR2));
  CHECK(sigismember(&inside, SIGUSR1) == 1 && sigismember(&inside, SIGUSR2) == 1);

  const pthread_t self = pthread_self();
  std::atomic<bool> stop{false};
  std::thread sender([&] {
    while (!stop) {
      pthread_kill(self, SIGWINCH);
      pthread_kill(self, SIGCHLD);
      usleep(2000);
      pthread_kill(self, SIGUSR1);
    }
  });
  for (int i = 2; i < 30; ++i) {
    const int before = first;
    CHECK(sigsuspend(&only_second) == -1 && errno == EINTR);
    CHECK(first > before && second == 0 && blocks(SIGUSR1));
  }
  stop = true;
  sender.join();
  CHECK(pthread_sigmask(SIG_UNBLOCK, &both, nullptr) == 0);
  CHECK(second == 1);
  CHECK(syscall(SYS_rt_sigsuspend, &both, 4) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_rt_sigsuspend, 1, 8) == -1 && errno == EFAULT);
  std::puts("masks as expected");
}
