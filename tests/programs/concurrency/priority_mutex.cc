// SPDX-License-Identifier: Apache-2.0
//
// Priority-inheriting mutexes of every kind: contended, tried, timed, recursive, error-checking, interrupted by signals, with a
// condition variable, and robust ones whose owner ends with and without somebody waiting.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include "check.h"

static pthread_mutex_t make(int type, int robust) {
  pthread_mutexattr_t attributes;
  pthread_mutex_t mutex;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setprotocol(&attributes, PTHREAD_PRIO_INHERIT) == 0);
  CHECK(pthread_mutexattr_settype(&attributes, type) == 0);
  CHECK(pthread_mutexattr_setrobust(&attributes, robust) == 0);
  CHECK(pthread_mutex_init(&mutex, &attributes) == 0);
  return mutex;
}

static timespec soon(clockid_t clock, long milliseconds) {
  timespec time{};
  CHECK(clock_gettime(clock, &time) == 0);
  time.tv_nsec += milliseconds * 1'000'000;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

static void contend() {
  pthread_mutex_t mutex = make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
  long sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 5000; ++round) {
        CHECK(pthread_mutex_lock(&mutex) == 0);
        ++sum;
        CHECK(pthread_mutex_unlock(&mutex) == 0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("contended: %ld\n", sum);
}

static void try_and_time() {
  pthread_mutex_t mutex = make(PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_STALLED);
  CHECK(pthread_mutex_lock(&mutex) == 0);
  const timespec a = soon(CLOCK_REALTIME, 30), b = soon(CLOCK_MONOTONIC, 60);
  std::thread([&] {
    std::printf("try: %d\n", pthread_mutex_trylock(&mutex) == EBUSY);
    std::printf("timed: %d\n", pthread_mutex_timedlock(&mutex, &a) == ETIMEDOUT);
    std::printf("clock: %d\n", pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, &b) == ETIMEDOUT);
    std::printf("not ours: %d\n", pthread_mutex_unlock(&mutex) == EPERM);
  }).join();
  std::printf("ours already: %d\n", pthread_mutex_lock(&mutex) == EDEADLK);
  CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_trylock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
  pthread_mutex_t recursive = make(PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_STALLED);
  for (int i = 0; i < 3; ++i) CHECK(pthread_mutex_lock(&recursive) == 0);
  for (int i = 0; i < 3; ++i) CHECK(pthread_mutex_unlock(&recursive) == 0);
  std::printf("recursive, free again: %d\n", pthread_mutex_unlock(&recursive) == EPERM);
}

static void interrupt() {
  static std::atomic<int> handled{0};
  struct sigaction action {};
  action.sa_handler = [](int) { ++handled; };
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  pthread_mutex_t mutex = make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
  CHECK(pthread_mutex_lock(&mutex) == 0);
  std::atomic<bool> held{false};
  std::thread waiter([&] {
    CHECK(pthread_mutex_lock(&mutex) == 0);
    held = true;
    CHECK(pthread_mutex_unlock(&mutex) == 0);
  });
  for (int i = 1; i <= 10; ++i) {
    usleep(1000);
    CHECK(pthread_kill(waiter.native_handle(), SIGUSR1) == 0);
    while (handled < i) usleep(200);
  }
  CHECK(!held);
  CHECK(pthread_mutex_unlock(&mutex) == 0);
  waiter.join();
  std::printf("interrupted %d times, held in the end: %d\n", handled.load(), held.load());
}

static void wait_for_condition() {
  pthread_mutex_t mutex = make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_STALLED);
  pthread_cond_t condition = PTHREAD_COND_INITIALIZER;
  int turn = 0;
  const auto play = [&](int me) {
    CHECK(pthread_mutex_lock(&mutex) == 0);
    for (int i = 0; i < 200; ++i) {
      while (turn % 2 != me) CHECK(pthread_cond_wait(&condition, &mutex) == 0);
      ++turn;
      CHECK(pthread_cond_broadcast(&condition) == 0);
    }
    CHECK(pthread_mutex_unlock(&mutex) == 0);
  };
  std::thread other(play, 1);
  play(0);
  other.join();
  std::printf("turns: %d\n", turn);
}

static void owner_ends(bool waiting) {
  pthread_mutex_t mutex = make(PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_ROBUST);
  std::atomic<int> stage{0};
  std::thread owner([&] {
    CHECK(pthread_mutex_lock(&mutex) == 0);
    stage = 1;
    if (waiting) usleep(30'000);
  });
  while (stage == 0) usleep(100);
  if (!waiting) owner.join();
  const int result = pthread_mutex_lock(&mutex);
  std::printf("owner ended%s: %d\n", waiting ? " with a waiter" : "", result == EOWNERDEAD);
  if (waiting) owner.join();
  CHECK(pthread_mutex_consistent(&mutex) == 0);
  CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_lock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == 0);
  std::thread([&] { pthread_mutex_lock(&mutex); }).join();
  CHECK(pthread_mutex_trylock(&mutex) == EOWNERDEAD && pthread_mutex_unlock(&mutex) == 0);
  std::printf("not recoverable: %d\n", pthread_mutex_lock(&mutex) == ENOTRECOVERABLE);
}

int main() {
  contend();
  try_and_time();
  interrupt();
  wait_for_condition();
  owner_ends(false);
  owner_ends(true);
}
