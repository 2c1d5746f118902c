// SPDX-License-Identifier: Apache-2.0
//
// For tests: a program to pack, with data, constants and a .bss of several pages.
#include <cstdio>

static char zeroes[20000];
int counter = 7;

int main(int argc, char**) {
  zeroes[counter] = static_cast<char>(argc);
  return std::printf("%d\n", zeroes[argc + 6]) < 0;
}
