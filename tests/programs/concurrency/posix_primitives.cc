// SPDX-License-Identifier: Apache-2.0
//
// Barriers over many rounds, spin locks, pthread_once, keys whose destructors set themselves again, detached threads, thread
// names and attributes.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "check.h"

static void barriers() {
  constexpr int kThreads = 8, kRounds = 300;
  pthread_barrier_t barrier;
  CHECK(pthread_barrier_init(&barrier, nullptr, 0) == EINVAL);
  CHECK(pthread_barrier_init(&barrier, nullptr, kThreads) == 0);
  std::atomic<int> serial{0}, arrived{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (int round = 1; round <= kRounds; ++round) {
        ++arrived;
        const int result = pthread_barrier_wait(&barrier);
        CHECK(arrived >= round * kThreads);
        if (result == PTHREAD_BARRIER_SERIAL_THREAD) ++serial;
        CHECK(result == 0 || result == PTHREAD_BARRIER_SERIAL_THREAD);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(pthread_barrier_destroy(&barrier) == 0);
  std::printf("barrier: %d arrivals, %d serial\n", arrived.load(), serial.load());
}

static void spin() {
  pthread_spinlock_t lock;
  CHECK(pthread_spin_init(&lock, PTHREAD_PROCESS_PRIVATE) == 0);
  long sum = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 2000; ++round) {
        CHECK(pthread_spin_lock(&lock) == 0);
        ++sum;
        CHECK(pthread_spin_unlock(&lock) == 0);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(pthread_spin_lock(&lock) == 0 && pthread_spin_trylock(&lock) == EBUSY && pthread_spin_unlock(&lock) == 0);
  std::printf("spin lock: %ld\n", sum);
}

static std::atomic<int> once_runs{0};
static void once() {
  static pthread_once_t control = PTHREAD_ONCE_INIT;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      CHECK(pthread_once(&control, [] {
              usleep(5000);
              ++once_runs;
            }) == 0);
      CHECK(once_runs == 1);
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("once: %d\n", once_runs.load());
}

static pthread_key_t stubborn;
static std::atomic<int> stubborn_runs{0}, plain_runs{0};
static void keys() {
  pthread_key_t plain, silent;
  CHECK(pthread_key_create(&plain, [](void*) { ++plain_runs; }) == 0);
  CHECK(pthread_key_create(&silent, nullptr) == 0);
  CHECK(pthread_key_create(&stubborn, [](void* value) {
          ++stubborn_runs;
          CHECK(pthread_getspecific(stubborn) == nullptr && pthread_setspecific(stubborn, value) == 0);
        }) == 0);
  for (int i = 0; i < 5; ++i) {
    std::thread([&] {
      CHECK(pthread_getspecific(plain) == nullptr);
      CHECK(pthread_setspecific(plain, &once_runs) == 0 && pthread_setspecific(silent, &once_runs) == 0);
      if (i == 0) CHECK(pthread_setspecific(stubborn, &once_runs) == 0);
    }).join();
  }
  std::printf("keys: %d destructors, %d of the stubborn one (%d at most)\n", plain_runs.load(), stubborn_runs.load(),
              PTHREAD_DESTRUCTOR_ITERATIONS);
  CHECK(pthread_key_delete(plain) == 0 && pthread_key_delete(plain) == EINVAL &&
        pthread_setspecific(plain, &once_runs) == EINVAL);
  int created = 0;
  pthread_key_t key;
  while (pthread_key_create(&key, nullptr) == 0 && created < 2 * PTHREAD_KEYS_MAX) ++created;
  std::printf("keys end before %d: %d\n", PTHREAD_KEYS_MAX, created < PTHREAD_KEYS_MAX);
}

static void detached() {
  std::atomic<int> ended{0};
  for (int i = 0; i < 200; ++i) {
    std::thread([&] { ++ended; }).detach();
    while (ended != i + 1) usleep(50);
  }
  pthread_t thread;
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0);
  CHECK(pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED) == 0);
  static std::atomic<bool> go{false};
  const auto wait = [](void*) -> void* {
    while (!go) usleep(100);
    return nullptr;
  };
  CHECK(pthread_create(&thread, &attributes, wait, nullptr) == 0);
  CHECK(pthread_join(thread, nullptr) == EINVAL && pthread_detach(thread) == EINVAL);
  go = true;
  CHECK(pthread_join(pthread_self(), nullptr) == EDEADLK);
  std::printf("detached: %d\n", ended.load());
}

static void tried_and_timed_joins() {
  std::atomic<bool> stop{false};
  std::thread thread([&] {
    while (!stop) usleep(500);
  });
  timespec time{};
  CHECK(clock_gettime(CLOCK_REALTIME, &time) == 0);
  CHECK(pthread_tryjoin_np(thread.native_handle(), nullptr) == EBUSY);
  CHECK(pthread_timedjoin_np(thread.native_handle(), nullptr, &time) == ETIMEDOUT);
  stop = true;
  thread.join();
  std::puts("joins: busy, timed out, done");
}

int main() {
  barriers();
  spin();
  once();
  keys();
  detached();
  tried_and_timed_joins();
}
