// SPDX-License-Identifier: Apache-2.0
//
// Threads that throw and catch at the same time do not disturb each other.

#include <atomic>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

[[gnu::noinline]] static void thrower(int value, int depth) {
  const std::string hold(20, 'x');
  if (depth == 0) throw std::runtime_error(std::to_string(value));
  thrower(value, depth - 1);
  asm volatile("" : : "r"(hold.data()));
}

int main() {
  std::atomic<int> caught{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&caught, t] {
      for (int i = 0; i < 3000; ++i) {
        try {
          thrower(t * 10000 + i, i % 12);
        } catch (const std::exception& error) {
          CHECK(std::stoi(error.what()) == t * 10000 + i);
          ++caught;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::printf("%d\n", caught.load());
}
