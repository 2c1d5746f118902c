// SPDX-License-Identifier: Apache-2.0
//
// A file read from its beginning to its end, far more than the page cache holds; the time of one MiB.

#include "volumes/folder.h"

int main(int count, char** arguments) {
  const bench::File file = bench::open_file(count, arguments);
  std::string bytes(bench::kMebibyte, 'x');
  if (!bench::fill(file, file.size, bytes) || fsync(file.descriptor) != 0) return 1;
  long sum = 0;
  bench::measure(file.size, [&] {
    for (int i = 0; i < file.size; ++i) {
      const auto got =
          pread(file.descriptor, bytes.data(), bench::kMebibyte, static_cast<off_t>(i) * static_cast<off_t>(bench::kMebibyte));
      sum += got + bytes[0];
    }
  });
  std::printf("%ld\n", sum);
}
