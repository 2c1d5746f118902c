// SPDX-License-Identifier: Apache-2.0
//
// 64 bytes written to /dev/null.

#include <fcntl.h>
#include <unistd.h>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const int null = open("/dev/null", O_WRONLY);
  const char bytes[64] = {};
  long written = 0;
  bench::measure(rounds, [&] {
    for (int i = 0; i < rounds; ++i) written += write(null, bytes, sizeof(bytes));
  });
  std::printf("%ld\n", written);
}
