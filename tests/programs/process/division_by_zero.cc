// SPDX-License-Identifier: Apache-2.0
//
// Integer division by zero ends the program by SIGFPE.
// sgxx-test: status 136

#include <cstdio>

int main() {
  std::puts("before");
  std::fflush(stdout);
  int low = 1, high = 0;
  asm volatile("idivl %2" : "+a"(low), "+d"(high) : "r"(0));
  return low;
}
