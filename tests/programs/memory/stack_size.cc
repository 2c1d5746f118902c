// SPDX-License-Identifier: Apache-2.0
//
// At least 4 MiB of the main stack can be used. The limit is that of threads' stacks in the enclave: 1 MiB unless the manifest
// says more.

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
  CHECK(getrlimit(RLIMIT_STACK, &limit) == 0 && limit.rlim_cur >= (1u << 20));
  std::printf("%d\n", descend(4 * 256 - 64));
}
