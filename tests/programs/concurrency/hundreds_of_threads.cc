// SPDX-License-Identifier: Apache-2.0
//
// 400 threads at once that all meet at a barrier, several times, wait on one condition variable and are woken together; then
// thousands created and joined in batches.
// sgxx-test: manifest threads = 512
// sgxx-test: manifest thread_stack = "64 KiB"
// sgxx-test: timeout 120

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <mutex>

#include "check.h"

static constexpr int kThreads = 400, kRounds = 5;
static pthread_barrier_t barrier;
static std::mutex mutex;
static std::condition_variable changed;
static bool go;
static std::atomic<int> met{0}, woken{0}, ended{0};

static void* meet(void*) {
  for (int round = 0; round < kRounds; ++round) {
    pthread_barrier_wait(&barrier);
    ++met;
  }
  std::unique_lock lock(mutex);
  changed.wait(lock, [] { return go; });
  ++woken;
  return nullptr;
}

static pthread_t start(void* (*function)(void*), const pthread_attr_t& attributes) {
  pthread_t thread;
  CHECK(pthread_create(&thread, &attributes, function, nullptr) == 0);
  return thread;
}

int main() {
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 64 * 1024) == 0);
  CHECK(pthread_barrier_init(&barrier, nullptr, kThreads) == 0);
  static pthread_t threads[kThreads];
  for (pthread_t& thread : threads) thread = start(meet, attributes);
  while (met != kThreads * kRounds) sched_yield();
  {
    const std::lock_guard lock(mutex);
    go = true;
  }
  changed.notify_all();
  for (pthread_t thread : threads) CHECK(pthread_join(thread, nullptr) == 0);
  std::printf("met %d, woken %d\n", met.load(), woken.load());

  for (int batch = 0; batch < 10; ++batch) {
    for (pthread_t& thread : threads) {
      thread = start(
          [](void*) -> void* {
            ++ended;
            return nullptr;
          },
          attributes);
    }
    for (pthread_t thread : threads) CHECK(pthread_join(thread, nullptr) == 0);
  }
  std::printf("ended %d\n", ended.load());
}
