// SPDX-License-Identifier: Apache-2.0
//
// writev gathers, also with empty pieces; its limits are refused as by the kernel.
// sgxx-test: flags -Wno-stringop-overread -Wno-stringop-overflow

#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <string>

#include "check.h"

int main() {
  std::string parts[] = {"one ", "", "two ", "three\n"};
  iovec pieces[4];
  for (int i = 0; i < 4; ++i) pieces[i] = {parts[i].data(), parts[i].size()};
  CHECK(writev(1, pieces, 4) == 14);
  CHECK(writev(1, pieces, 0) == 0);
  CHECK(writev(1, pieces, -1) == -1 && errno == EINVAL);
  CHECK(writev(1, pieces, 100000) == -1 && errno == EINVAL);
  CHECK(writev(1, reinterpret_cast<iovec*>(8), 2) == -1 && errno == EFAULT);
  pieces[2].iov_len = ~std::size_t{0};
  CHECK(writev(1, pieces, 4) == -1 && errno == EINVAL);
  std::puts("done");
}
