// SPDX-License-Identifier: Apache-2.0
//
// Data cannot be executed.
// sgxx-test: status 139

#include <cstdio>
#include <cstdlib>

int main() {
  std::puts("before");
  std::fflush(stdout);
  auto* bytes = static_cast<unsigned char*>(std::malloc(16));
  bytes[0] = 0xC3;
  asm("" : "+r"(bytes) : : "memory");
  reinterpret_cast<void (*)()>(bytes)();
  std::puts("never");
}
