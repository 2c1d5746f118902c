// SPDX-License-Identifier: Apache-2.0
//
// Two threads pass a turn to each other through a condition variable; one operation is there and back.

#include <condition_variable>
#include <mutex>
#include <thread>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  std::mutex mutex;
  std::condition_variable condition;
  int turn = 0;
  long passed = 0;
  const auto play = [&](int me) {
    for (int i = 0; i < rounds; ++i) {
      std::unique_lock lock(mutex);
      condition.wait(lock, [&] { return turn == me; });
      turn = 1 - me;
      ++passed;
      condition.notify_one();
    }
  };
  bench::measure(rounds, [&] {
    std::thread other(play, 1);
    play(0);
    other.join();
  });
  std::printf("%ld\n", passed);
}
