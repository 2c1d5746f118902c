// SPDX-License-Identifier: Apache-2.0
//
// A signal for the process goes to some thread that lets it in: one that waits for it, one that has it unblocked, or the first
// one that unblocks it. One that was meant for a thread which ends first is not lost.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

static std::atomic<pid_t> taker{0};
static std::atomic<int> handled{0};

static void note(int) {
  taker = gettid();
  ++handled;
}

static void mask(int how, int number) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  CHECK(pthread_sigmask(how, &set, nullptr) == 0);
}

static void wait_for(const std::atomic<int>& value, int wanted) {
  while (value != wanted) usleep(500);
}

int main() {
  struct sigaction action {};
  action.sa_handler = note;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  mask(SIG_BLOCK, SIGUSR1);

  std::atomic<int> stage{0};
  std::atomic<pid_t> open_thread{0};
  std::thread sleeper([&] {
    open_thread = gettid();
    mask(SIG_UNBLOCK, SIGUSR1);
    stage = 1;
    while (stage != 2) pause();
  });
  wait_for(stage, 1);
  for (int i = 1; i <= 20; ++i) {
    CHECK(kill(getpid(), SIGUSR1) == 0);
    wait_for(handled, i);
    CHECK(taker == open_thread);
  }
  stage = 2;
  CHECK(kill(getpid(), SIGUSR1) == 0);
  sleeper.join();
  std::printf("taken by the open thread: %d\n", handled.load());

  handled = 0;
  CHECK(kill(getpid(), SIGUSR1) == 0);
  usleep(10'000);
  CHECK(handled == 0);
  std::thread([] { mask(SIG_UNBLOCK, SIGUSR1); }).join();
  CHECK(handled == 1 && taker != gettid());
  std::puts("taken by the one that unblocked it");

  // Threads that let it in and end at once; whatever the last of them leaves behind finds the first thread.
  handled = 0;
  for (int i = 1; i <= 50; ++i) {
    std::thread brief([] { mask(SIG_UNBLOCK, SIGUSR1); });
    CHECK(kill(getpid(), SIGUSR1) == 0);
    brief.join();
    mask(SIG_UNBLOCK, SIGUSR1);
    mask(SIG_BLOCK, SIGUSR1);
    wait_for(handled, i);
  }
  std::printf("none lost: %d\n", handled.load());

  std::atomic<int> waited{0};
  std::thread waiter([&] {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    int number = 0;
    for (int i = 0; i < 20; ++i) {
      CHECK(sigwait(&set, &number) == 0 && number == SIGUSR1);
      ++waited;
    }
  });
  for (int i = 1; i <= 20; ++i) {
    CHECK(kill(getpid(), SIGUSR1) == 0);
    wait_for(waited, i);
  }
  waiter.join();
  std::printf("taken by sigwait: %d, handled %d\n", waited.load(), handled.load());
}
