// SPDX-License-Identifier: Apache-2.0
//
// The smallest system call.

#include <unistd.h>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const pid_t first = getpid();
  int same = 0;
  bench::measure(rounds, [&] {
    for (int i = 0; i < rounds; ++i) same += getpid() == first;
  });
  std::printf("%d\n", same);
}
