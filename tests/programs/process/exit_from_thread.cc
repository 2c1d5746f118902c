// SPDX-License-Identifier: Apache-2.0
//
// exit called by a thread while others wait and compute ends them all.
// sgxx-test: status 9

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <thread>

int main() {
  static std::atomic<bool> never{false};
  static std::atomic<long> turns{0};
  std::thread([] { never.wait(false); }).detach();
  std::thread([] { std::this_thread::sleep_for(std::chrono::hours(1)); }).detach();
  std::thread([] {
    for (;;) ++turns;
  }).detach();
  while (turns < 1000) std::this_thread::yield();
  std::thread([] { std::exit(9); }).join();
}
