// SPDX-License-Identifier: Apache-2.0
//
// 4 KiB written and synchronised, again and again; the time of one.

#include "volumes/folder.h"

int main(int count, char** arguments) {
  const bench::File file = bench::open_file(count, arguments);
  std::string bytes(4096, 'x');
  long failures = 0;
  bench::measure(file.size, [&] {
    for (off_t i = 0; i < file.size; ++i) {
      failures += pwrite(file.descriptor, bytes.data(), bytes.size(), i % 64 * 4096) != 4096;
      failures += fsync(file.descriptor) != 0;
    }
  });
  std::printf("%ld\n", failures);
}
