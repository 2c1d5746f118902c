// SPDX-License-Identifier: Apache-2.0
//
// <future>: async in both policies, promises, packaged tasks, shared futures, errors.

#include <future>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.h"

static long sum(const std::vector<int>& numbers, std::size_t from, std::size_t to) {
  if (to - from < 2000)
    return std::accumulate(numbers.begin() + static_cast<long>(from), numbers.begin() + static_cast<long>(to), 0L);
  auto left = std::async(std::launch::async, sum, std::cref(numbers), from, (from + to) / 2);
  const long right = sum(numbers, (from + to) / 2, to);
  return left.get() + right;
}

int main() {
  std::vector<int> numbers(10000);
  std::iota(numbers.begin(), numbers.end(), 0);
  std::cout << sum(numbers, 0, numbers.size()) << '\n';
  auto lazy = std::async(std::launch::deferred, [] { return std::this_thread::get_id(); });
  CHECK(lazy.wait_for(std::chrono::seconds(0)) == std::future_status::deferred);
  CHECK(lazy.get() == std::this_thread::get_id());
  auto failing = std::async(std::launch::async, []() -> int { throw std::domain_error("from async"); });
  try {
    failing.get();
  } catch (const std::domain_error& error) {
    std::cout << error.what() << '\n';
  }
  std::packaged_task<int(int)> task([](int x) { return x * x; });
  auto squared = task.get_future();
  std::thread(std::move(task), 12).join();
  std::cout << squared.get() << '\n';
  std::future<int> broken;
  {
    std::promise<int> abandoned;
    broken = abandoned.get_future();
  }
  try {
    broken.get();
  } catch (const std::future_error& error) {
    std::cout << error.code().message() << '\n';
  }
  std::promise<void> gate;
  std::shared_future<void> open = gate.get_future().share();
  std::vector<std::future<int>> waiting;
  for (int i = 0; i < 3; ++i)
    waiting.push_back(std::async(std::launch::async, [open, i] {
      open.wait();
      return i;
    }));
  gate.set_value();
  for (auto& result : waiting) std::cout << result.get();
  std::promise<int> at_exit;
  auto ended = at_exit.get_future();
  std::thread([promise = std::move(at_exit)]() mutable { promise.set_value_at_thread_exit(9); }).join();
  std::cout << ' ' << ended.get() << '\n';
}
