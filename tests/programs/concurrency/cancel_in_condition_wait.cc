// SPDX-License-Identifier: Apache-2.0
//
// A thread cancelled while it waits for a condition variable, with and without a time limit, unwinds and can be joined.

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <thread>

#include "check.h"

static int destroyed = 0;

struct Guard {
  ~Guard() { ++destroyed; }
};

template <typename Wait>
static void cancel_in(Wait wait) {
  std::mutex mutex;
  std::condition_variable condition;
  bool waiting = false;
  std::thread thread([&] {
    Guard guard;
    std::unique_lock lock(mutex);
    waiting = true;
    for (;;) wait(condition, lock);
  });
  for (bool ready = false; !ready;) {
    std::this_thread::yield();
    std::lock_guard lock(mutex);
    ready = waiting;
  }
  CHECK(pthread_cancel(thread.native_handle()) == 0);
  thread.join();
  CHECK(mutex.try_lock());
  mutex.unlock();
}

int main() {
  cancel_in([](auto& condition, auto& lock) { condition.wait(lock); });
  cancel_in([](auto& condition, auto& lock) { condition.wait_for(lock, std::chrono::minutes(10)); });
  cancel_in([](auto& condition, auto& lock) {
    condition.wait_until(lock, std::chrono::system_clock::now() + std::chrono::minutes(10));
  });
  std::printf("destroyed %d\n", destroyed);
}
