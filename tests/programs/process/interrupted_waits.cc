// SPDX-License-Identifier: Apache-2.0
//
// A handler with SA_RESTART runs while its thread waits on a futex, and the wait goes on; so it does after an ignored signal.

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

static std::atomic<int> handled{0};

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) { ++handled; };
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  CHECK(sigaction(SIGUSR2, &action, nullptr) == 0);
  std::signal(SIGWINCH, SIG_IGN);
  std::atomic<unsigned> word{0};
  std::atomic<bool> started{false};
  long result = -1;
  std::thread waiter([&] {
    started = true;
    result = syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
  });
  while (!started) usleep(1000);
  for (int i = 0; i < 20; ++i) {
    usleep(2000);
    const int before = handled;
    CHECK(pthread_kill(waiter.native_handle(), SIGWINCH) == 0);
    CHECK(pthread_kill(waiter.native_handle(), i % 2 ? SIGUSR1 : SIGUSR2) == 0);
    while (handled == before) usleep(100);
  }
  word = 1;
  while (syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0) != 1) usleep(1000);
  waiter.join();
  std::printf("handled %d, result %ld\n", handled.load(), result);
}
