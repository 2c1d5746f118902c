// SPDX-License-Identifier: Apache-2.0
//
// After standard output is closed, writing says EBADF and the stream goes bad; standard error lives on.
// sgxx-test: stderr

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <iostream>

#include "check.h"

int main() {
  CHECK(close(1) == 0);
  CHECK(write(1, "x", 1) == -1 && errno == EBADF);
  CHECK(close(1) == -1 && errno == EBADF);
  std::cout << "lost" << std::flush;
  CHECK(std::cout.bad());
  CHECK(std::puts("lost") >= 0 && std::fflush(stdout) == EOF && errno == EBADF);
  std::cerr << "alive\n";
}
