// SPDX-License-Identifier: Apache-2.0
//
// Two threads take the same mutex in turn as fast as they can.

#include <mutex>
#include <thread>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  std::mutex mutex;
  long total = 0;
  const auto work = [&] {
    for (int i = 0; i < rounds; ++i) {
      std::lock_guard lock(mutex);
      total = total + 1;
    }
  };
  bench::measure(2 * rounds, [&] {
    std::thread other(work);
    work();
    other.join();
  });
  std::printf("%ld\n", total);
}
