// SPDX-License-Identifier: Apache-2.0
//
// fgets, scanf and fread on standard input, and read() after them.
// sgxx-test: stdin line one\n12 34\nabcdefgh

#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "check.h"

int main() {
  char line[64];
  CHECK(std::fgets(line, sizeof line, stdin));
  int a = 0, b = 0;
  CHECK(std::scanf("%d %d ", &a, &b) == 2);
  char bytes[16] = {};
  const std::size_t count = std::fread(bytes, 1, sizeof bytes, stdin);
  std::printf("%s%d %zu %s\n", line, a + b, count, bytes);
  CHECK(read(0, bytes, sizeof bytes) == 0);
}
