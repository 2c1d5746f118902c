// SPDX-License-Identifier: Apache-2.0
//
// A time that one thread has read is not later than what another thread reads afterwards.

#include <atomic>
#include <chrono>
#include <iostream>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  using Clock = std::chrono::steady_clock;
  std::atomic<Clock::rep> latest{0};
  std::atomic<int> turn{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 20000; ++i) {
        const auto before = latest.load();
        const auto now = Clock::now().time_since_epoch().count();
        CHECK(now >= before);
        for (auto seen = before; seen < now && !latest.compare_exchange_weak(seen, now);) {
        }
      }
      ++turn;
      (void)t;
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << turn << " threads agree\n";
}
