// SPDX-License-Identifier: Apache-2.0
//
// <mutex>: exclusion under contention, recursive and timed mutexes, scoped_lock without deadlock.

#include <chrono>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  using namespace std::chrono_literals;
  std::mutex mutex, other;
  std::recursive_mutex recursive;
  long counter = 0, pairs = 0, inner = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20000; ++i) {
        {
          std::lock_guard lock(mutex);
          counter = counter + 1;
        }
        if (i % 4 == 0) {
          if (t % 2) {
            std::scoped_lock lock(mutex, other);
            ++pairs;
          } else {
            std::scoped_lock lock(other, mutex);
            ++pairs;
          }
        }
        if (i % 8 == 0) {
          std::lock_guard outer(recursive);
          std::lock_guard again(recursive);
          ++inner;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << counter << ' ' << pairs << ' ' << inner << '\n';
  std::timed_mutex timed;
  timed.lock();
  std::thread([&timed] {
    const auto start = std::chrono::steady_clock::now();
    CHECK(!timed.try_lock());
    CHECK(!timed.try_lock_for(20ms));
    CHECK(std::chrono::steady_clock::now() - start >= 20ms);
  }).join();
  timed.unlock();
  CHECK(timed.try_lock_until(std::chrono::system_clock::now() + 1s));
  timed.unlock();
  try {
    std::unique_lock<std::mutex> none;
    none.lock();
  } catch (const std::system_error& error) {
    std::cout << (error.code() == std::errc::operation_not_permitted) << '\n';
  }
}
