// SPDX-License-Identifier: Apache-2.0
//
// Reading through a null pointer ends the program by SIGSEGV.
// sgxx-test: status 139

#include <cstdio>

int main() {
  std::puts("before");
  std::fflush(stdout);
  volatile int* null = nullptr;
  asm("" : "+r"(null));
  return *null;
}
