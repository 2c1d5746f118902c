// SPDX-License-Identifier: Apache-2.0
//
// <latch>, <barrier>, <semaphore>: rounds in step, completion functions, limited concurrency.

#include <atomic>
#include <barrier>
#include <iostream>
#include <latch>
#include <semaphore>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  constexpr int kThreads = 4, kRounds = 300;
  std::latch ready(kThreads);
  int phases = 0;
  std::vector<int> progress(kThreads);
  std::barrier step(kThreads, [&]() noexcept {
    ++phases;
    for (int value : progress) CHECK(value == phases);
  });
  std::counting_semaphore<2> two(2);
  std::binary_semaphore finished(0);
  std::atomic<int> inside{0}, ended{0};
  std::vector<std::jthread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      ready.arrive_and_wait();
      for (int round = 0; round < kRounds; ++round) {
        ++progress[t];
        step.arrive_and_wait();
        two.acquire();
        CHECK(++inside <= 2);
        --inside;
        two.release();
      }
      if (++ended == kThreads) finished.release();
    });
  }
  finished.acquire();
  std::cout << phases << " phases\n";
}
