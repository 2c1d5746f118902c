// SPDX-License-Identifier: Apache-2.0
//
// <thread>: arguments, results by reference, identity, moving, detaching, and the count of processors.

#include <atomic>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

static void append(std::string& out, int count, std::string piece) {
  for (int i = 0; i < count; ++i) out += piece;
}

int main() {
  std::string result;
  std::thread worker(append, std::ref(result), 3, "ab");
  CHECK(worker.joinable() && worker.get_id() != std::this_thread::get_id());
  std::thread moved = std::move(worker);
  CHECK(!worker.joinable());
  moved.join();
  std::cout << result << '\n';
  std::atomic<bool> ran{false};
  std::thread([&ran] {
    ran = true;
    ran.notify_one();
  }).detach();
  ran.wait(false);
  std::vector<long> sums(4);
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i)
    threads.emplace_back([&sums, i] {
      for (long k = 0; k < 100000; ++k) sums[i] += k % static_cast<long>(i + 2);
    });
  for (auto& thread : threads) thread.join();
  for (long sum : sums) std::cout << sum << ' ';
  std::cout << (std::thread::hardware_concurrency() >= 1) << '\n';
}
