// SPDX-License-Identifier: Apache-2.0
//
// Timed waits of condition variables, futures and semaphores give up, and never early.

#include <chrono>
#include <condition_variable>
#include <future>
#include <iostream>
#include <mutex>
#include <semaphore>

#include "check.h"

int main() {
  using namespace std::chrono_literals;
  using Clock = std::chrono::steady_clock;
  std::mutex mutex;
  std::condition_variable condition;
  std::promise<int> promise;
  auto future = promise.get_future();
  std::counting_semaphore<3> semaphore(0);
  for (auto pause : {1ms, 5ms, 25ms}) {
    std::unique_lock lock(mutex);
    auto start = Clock::now();
    CHECK(condition.wait_until(lock, start + pause) == std::cv_status::timeout || true);
    CHECK(!condition.wait_until(lock, start + pause, [] { return false; }));
    CHECK(Clock::now() - start >= pause);
    auto wall = std::chrono::system_clock::now();
    CHECK(!condition.wait_until(lock, wall + pause, [] { return false; }));
    CHECK(std::chrono::system_clock::now() - wall >= pause);
    start = Clock::now();
    CHECK(future.wait_for(pause) == std::future_status::timeout && Clock::now() - start >= pause);
    start = Clock::now();
    CHECK(!semaphore.try_acquire_for(pause) && Clock::now() - start >= pause);
  }
  CHECK(future.wait_for(0s) == std::future_status::timeout);
  promise.set_value(3);
  std::cout << (future.wait_for(1h) == std::future_status::ready) << ' ' << future.get() << '\n';
}
