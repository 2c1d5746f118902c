// SPDX-License-Identifier: Apache-2.0
//
// The main stack is as large as getrlimit says, or at least 4 MiB of it can be used.

#include <sys/resource.h>

#include <cstdio>

#include "check.h"

[[gnu::noinline]] static int descend(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return depth == 0 ? frame[0] : descend(depth - 1) + (frame[0] != static_cast<char>(depth));
}

int main() {
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= (4u << 20));
  std::printf("%d\n", descend(4 * 256 - 64));
}
