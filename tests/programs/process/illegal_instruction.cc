// SPDX-License-Identifier: Apache-2.0
//
// ud2 ends the program by SIGILL.
// sgxx-test: status 132

#include <cstdio>

int main() {
  std::puts("before");
  std::fflush(stdout);
  asm volatile("ud2");
}
