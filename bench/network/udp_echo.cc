// SPDX-License-Identifier: Apache-2.0
//
// A message of 64 bytes over UDP to another thread and back; one operation is there and back.

#include <thread>

#include "network/loopback.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const bench::Pair pair(SOCK_DGRAM);
  char message[64] = {}, answer[64];
  long bytes = 0;
  bench::measure(rounds, [&] {
    std::thread echo([&] {
      char buffer[64];
      for (int i = 0; i < rounds; ++i) bench::require(read(pair.other, buffer, 64) == 64 && write(pair.other, buffer, 64) == 64);
    });
    for (int i = 0; i < rounds; ++i) {
      bench::require(write(pair.one, message, 64) == 64);
      bytes += read(pair.one, answer, 64);
    }
    echo.join();
  });
  std::printf("%ld\n", bytes);
}
