// SPDX-License-Identifier: Apache-2.0
//
// A thread that does almost nothing is created and joined.

#include <thread>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  long total = 0;
  bench::measure(rounds, [&] {
    for (int i = 0; i < rounds; ++i) std::thread([&total, i] { total += i; }).join();
  });
  std::printf("%ld\n", total);
}
