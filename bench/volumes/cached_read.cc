// SPDX-License-Identifier: Apache-2.0
//
// 4 KiB read at changing places of a file of 8 MiB that the page cache holds.

#include "volumes/folder.h"

int main(int count, char** arguments) {
  constexpr off_t kBlock = 4096, kBlocks = 2048;
  const bench::File file = bench::open_file(count, arguments);
  std::string bytes(bench::kMebibyte, 'x');
  if (!bench::fill(file, 8, bytes)) return 1;
  long sum = 0;
  bench::measure(file.size, [&] {
    for (off_t i = 0; i < file.size; ++i)
      sum += pread(file.descriptor, bytes.data(), kBlock, i * 619 % kBlocks * kBlock) + bytes[0];
  });
  std::printf("%ld\n", sum);
}
