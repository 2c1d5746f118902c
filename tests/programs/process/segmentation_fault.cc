// SPDX-License-Identifier: Apache-2.0
//
// A wild access ends the program by SIGSEGV.
// sgxx-test: status 139

#include <cstdint>
#include <cstdio>

int main() {
  std::puts("before");
  std::fflush(stdout);
  auto* wild = reinterpret_cast<volatile int*>(std::uintptr_t{0x123456789000});
  asm("" : "+r"(wild));
  *wild = 1;
  std::puts("never");
}
