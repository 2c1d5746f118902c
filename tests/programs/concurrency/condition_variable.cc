// SPDX-License-Identifier: Apache-2.0
//
// <condition_variable>: a bounded queue with several producers and consumers loses and doubles nothing.

#include <condition_variable>
#include <deque>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  constexpr int kProducers = 3, kConsumers = 2, kEach = 4000;
  std::mutex mutex;
  std::condition_variable not_empty, not_full;
  std::deque<int> queue;
  int open_producers = kProducers;
  std::vector<int> seen(kProducers * kEach);
  std::vector<std::thread> threads;
  for (int p = 0; p < kProducers; ++p) {
    threads.emplace_back([&, p] {
      for (int i = 0; i < kEach; ++i) {
        std::unique_lock lock(mutex);
        not_full.wait(lock, [&] { return queue.size() < 8; });
        queue.push_back(p * kEach + i);
        not_empty.notify_one();
      }
      std::lock_guard lock(mutex);
      --open_producers;
      not_empty.notify_all();
    });
  }
  for (int c = 0; c < kConsumers; ++c) {
    threads.emplace_back([&] {
      for (;;) {
        std::unique_lock lock(mutex);
        not_empty.wait(lock, [&] { return !queue.empty() || open_producers == 0; });
        if (queue.empty()) return;
        ++seen[static_cast<std::size_t>(queue.front())];
        queue.pop_front();
        not_full.notify_one();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (int count : seen) CHECK(count == 1);
  std::cout << seen.size() << " items, each once\n";
}
