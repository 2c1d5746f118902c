// SPDX-License-Identifier: Apache-2.0
//
// 4 KiB written at changing places of a file of 8 MiB in memory.

#include <fcntl.h>
#include <unistd.h>

#include <string>

#include "measure.h"

int main(int count, char** arguments) {
  constexpr off_t kBlock = 4096, kBlocks = 2048;
  const int rounds = bench::size_argument(count, arguments);
  const std::string path = "/dev/shm/sgxx-bench-" + std::to_string(getpid());
  const int file = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  static char bytes[kBlock];
  for (off_t i = 0; i < kBlocks; ++i) {
    if (pwrite(file, bytes, kBlock, i * kBlock) != kBlock) return 1;
  }
  long sum = 0;
  bench::measure(rounds, [&] {
    for (off_t i = 0; i < rounds; ++i) {
      bytes[0] = static_cast<char>(i);
      sum += pwrite(file, bytes, kBlock, i * 619 % kBlocks * kBlock);
    }
  });
  std::printf("%ld\n", sum);
  unlink(path.c_str());
}
