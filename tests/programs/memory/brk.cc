// SPDX-License-Identifier: Apache-2.0
//
// sbrk moves the break up and down; new memory is zero, also the second time.

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "check.h"

int main() {
  setvbuf(stdout, nullptr, _IONBF, 0);
  char* start = static_cast<char*>(sbrk(0));
  CHECK(sbrk(100000) == start);
  for (int i = 0; i < 100000; ++i) CHECK(start[i] == 0);
  std::memset(start, 1, 100000);
  CHECK(sbrk(-100000) == start + 100000 && sbrk(0) == start);
  CHECK(sbrk(100000) == start);
  const auto page = (4096 - reinterpret_cast<std::uintptr_t>(start) % 4096) % 4096;
  for (auto i = page; i < 100000; ++i) CHECK(start[i] == 0);
  CHECK(brk(start) == 0 && sbrk(0) == start);
  CHECK(sbrk(std::intptr_t{1} << 50) == reinterpret_cast<void*>(-1) && errno == ENOMEM);
  CHECK(sbrk(0) == start);
  std::puts("done");
}
