// SPDX-License-Identifier: Apache-2.0
//
// <csignal>, <cerrno>: errno is each thread's own.

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

static volatile std::sig_atomic_t flag = 0;

int main() {
  errno = 11;
  int* mine = &errno;
  std::thread([mine] {
    CHECK(errno == 0 && &errno != mine);
    errno = 22;
  }).join();
  CHECK(errno == 11);
  std::signal(SIGINT, [](int) { flag = 1; });
  std::raise(SIGINT);
  std::printf("%d %d\n", errno, static_cast<int>(flag));
}
