// SPDX-License-Identifier: Apache-2.0
//
// A file written from its beginning to its end, far more than the page cache holds, and synchronised; the time of one MiB.

#include "volumes/folder.h"

int main(int count, char** arguments) {
  const bench::File file = bench::open_file(count, arguments);
  std::string bytes(bench::kMebibyte, 'x');
  bool done = false;
  bench::measure(file.size, [&] { done = bench::fill(file, file.size, bytes) && fsync(file.descriptor) == 0; });
  std::printf("%d\n", done);
}
