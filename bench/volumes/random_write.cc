// SPDX-License-Identifier: Apache-2.0
//
// 4 KiB written at random places of a file of 256 MiB, of which the volume's page cache holds a sixteenth, and synchronised at
// the end.

#include "volumes/folder.h"

int main(int count, char** arguments) {
  constexpr off_t kBlock = 4096, kBlocks = 65536;
  const bench::File file = bench::open_file(count, arguments);
  std::string bytes(bench::kMebibyte, 'x');
  if (!bench::fill(file, 256, bytes) || fsync(file.descriptor) != 0) return 1;
  long written = 0;
  unsigned place = 1;
  bench::measure(file.size, [&] {
    for (int i = 0; i < file.size; ++i) {
      place = place * 1664525 + 1013904223;
      bytes[0] = static_cast<char>(i);
      written += pwrite(file.descriptor, bytes.data(), kBlock, place / 65536 % kBlocks * kBlock);
    }
    if (fsync(file.descriptor) != 0) written = -1;
  });
  std::printf("%ld\n", written);
}
