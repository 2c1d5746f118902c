// SPDX-License-Identifier: Apache-2.0
//
// A tmpfs of 16 pages: room that cannot all be had is not taken, and what is written ends where it is full.
// sgxx-test: manifest [[mount]]
// sgxx-test: manifest type = "tmpfs"
// sgxx-test: manifest path = "/small"
// sgxx-test: manifest size = 65536
// sgxx-test: skip native there is no folder /small
// sgxx-test: enclave-stdout begun: 0, blocks 24
// sgxx-test: enclave-stdout far too much: ENOSPC, blocks 24
// sgxx-test: enclave-stdout too much: ENOSPC, blocks 24
// sgxx-test: enclave-stdout beside it: ENOSPC, blocks 24
// sgxx-test: enclave-stdout just enough: 0, blocks 128
// sgxx-test: enclave-stdout another file: ENOSPC
// sgxx-test: enclave-stdout given back: 65536 bytes, then ENOSPC
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "check.h"

namespace {

void show(const char* what, int file, int error) {
  struct stat status;
  CHECK(fstat(file, &status) == 0);
  std::printf("%s: %s, blocks %ld\n", what, error == 0 ? "0" : strerrorname_np(error), static_cast<long>(status.st_blocks));
}

}  // namespace

int main() {
  constexpr off_t kPage = 4096;
  const int file = open("/small/file", O_RDWR | O_CREAT, 0600);
  CHECK(file >= 0);
  show("begun", file, posix_fallocate(file, 2 * kPage, 3 * kPage));
  show("far too much", file, posix_fallocate(file, 0, 1L << 40));
  show("too much", file, posix_fallocate(file, 4 * kPage, 15 * kPage));
  show("beside it", file, posix_fallocate(file, 600 * kPage, 14 * kPage));
  show("just enough", file, posix_fallocate(file, 0, 16 * kPage));
  const int other = open("/small/other", O_RDWR | O_CREAT, 0600);
  std::printf("another file: %s\n", write(other, "x", 1) < 0 ? strerrorname_np(errno) : "0");
  CHECK(ftruncate(file, 0) == 0);
  static char page[kPage];
  long written = 0, count = 0;
  while ((count = write(other, page, sizeof page)) > 0) written += count;
  std::printf("given back: %ld bytes, then %s\n", written, strerrorname_np(errno));
}
