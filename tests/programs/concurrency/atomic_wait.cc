// SPDX-License-Identifier: Apache-2.0
//
// std::atomic::wait and notify: a ball goes round between threads, no wake-up is lost.

#include <atomic>
#include <iostream>
#include <thread>
#include <vector>

int main() {
  constexpr int kThreads = 4, kRounds = 2000;
  std::atomic<int> ball{0};
  std::atomic<long long> wide{0};
  std::vector<std::thread> threads;
  for (int me = 0; me < kThreads; ++me) {
    threads.emplace_back([&, me] {
      for (int round = 0; round < kRounds; ++round) {
        const int mine = round * kThreads + me;
        for (int now = ball; now != mine; now = ball) ball.wait(now);
        ball.store(mine + 1);
        ball.notify_all();
      }
      ++wide;
      wide.notify_all();
    });
  }
  for (long long now = wide; now != kThreads; now = wide) wide.wait(now);
  for (auto& thread : threads) thread.join();
  std::cout << ball << '\n';
}
