// SPDX-License-Identifier: Apache-2.0
//
// Reading the monotonic clock, which outside needs no system call.

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  int forwards = 0;
  bench::measure(rounds, [&] {
    std::int64_t last = 0;
    for (int i = 0; i < rounds; ++i) {
      const std::int64_t now = bench::now();
      forwards += now >= last;
      last = now;
    }
  });
  std::printf("%d\n", forwards);
}
