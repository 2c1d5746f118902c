// SPDX-License-Identifier: Apache-2.0
//
// pthread_kill runs the handler in the thread that it names, also while that thread sleeps or computes.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "check.h"

static thread_local volatile int mine = 0;
static std::atomic<int> phase{0};
static std::atomic<int> handled{0};

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    mine = mine + 1;
    ++handled;
  };
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  std::thread other([] {
    phase = 1;
    timespec left{1000, 0};
    CHECK(nanosleep(&left, &left) == -1 && errno == EINTR && left.tv_sec >= 900);
    CHECK(mine >= 1);
    phase = 2;
    while (phase == 2) {
    }
    CHECK(mine >= 2);
  });
  while (phase != 1) usleep(100);
  while (phase == 1) {
    pthread_kill(other.native_handle(), SIGUSR1);
    usleep(2000);
  }
  const int before = handled;
  CHECK(pthread_kill(other.native_handle(), SIGUSR1) == 0);
  while (handled == before) usleep(100);
  phase = 3;
  other.join();
  CHECK(mine == 0);
  std::puts("done");
}
