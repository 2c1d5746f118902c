// SPDX-License-Identifier: Apache-2.0
//
// <shared_mutex>: writers are alone, readers share, timed attempts give up.

#include <atomic>
#include <chrono>
#include <iostream>
#include <mutex>
#include <shared_mutex>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  std::shared_mutex mutex;
  long a = 0, b = 0;
  std::atomic<int> writing{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        if (t == 0 || i % 50 == 0) {
          std::unique_lock lock(mutex);
          CHECK(writing.fetch_add(1) == 0);
          ++a;
          ++b;
          --writing;
        } else {
          std::shared_lock lock(mutex);
          CHECK(a == b && writing == 0);
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << a << ' ' << b << '\n';
  std::shared_timed_mutex timed;
  std::shared_lock reader(timed);
  CHECK(timed.try_lock_shared());
  timed.unlock_shared();
  std::thread([&timed] { CHECK(!timed.try_lock_for(std::chrono::milliseconds(10))); }).join();
  std::cout << "done\n";
}
