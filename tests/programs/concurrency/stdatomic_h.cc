// SPDX-License-Identifier: Apache-2.0
//
// <stdatomic.h> of C++23: C's spelling of atomics in a C++ program.
// sgxx-test: flags -std=gnu++23

#include <stdatomic.h>

#include <cstdio>
#include <thread>

int main() {
  static atomic_int counter;
  atomic_store(&counter, 5);
  std::thread other([] {
    for (int i = 0; i < 1000; ++i) atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
  });
  for (int i = 0; i < 1000; ++i) atomic_fetch_add(&counter, 1);
  other.join();
  std::printf("%d\n", atomic_load(&counter));
}
