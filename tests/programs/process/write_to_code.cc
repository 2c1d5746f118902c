// SPDX-License-Identifier: Apache-2.0
//
// Code and constants cannot be written.
// sgxx-test: status 139

#include <cstdio>

static const int constant[1024] = {1, 2, 3};

int main() {
  std::puts("before");
  std::fflush(stdout);
  auto* code = reinterpret_cast<volatile char*>(const_cast<int*>(&constant[3]));
  asm("" : "+r"(code));
  *code = 1;
  std::puts("never");
}
