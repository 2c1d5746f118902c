// SPDX-License-Identifier: Apache-2.0
//
// std::call_once: one of many callers runs the function; one that throws leaves it to the next.

#include <atomic>
#include <iostream>
#include <mutex>
#include <thread>
#include <vector>

int main() {
  std::once_flag once;
  std::atomic<int> tries{0}, finished{0}, threw{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t) {
    threads.emplace_back([&] {
      try {
        std::call_once(once, [&] {
          if (++tries < 3) throw 1;
          ++finished;
        });
      } catch (int) {
        ++threw;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << tries << ' ' << finished << ' ' << threw << '\n';
}
