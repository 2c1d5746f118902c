// SPDX-License-Identifier: Apache-2.0
//
// An uncaught std::bad_alloc aborts.
// sgxx-test: status 134
// sgxx-test: stderr

#include <cstdlib>
#include <new>

int main() {
  volatile std::size_t huge = std::size_t{1} << 46;
  void* block = operator new(huge);
  asm volatile("" : : "r"(block) : "memory");
}
