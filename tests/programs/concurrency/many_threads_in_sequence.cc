// SPDX-License-Identifier: Apache-2.0
//
// A thousand threads, created and joined one after the other, each with its own stack used.

#include <cstdio>
#include <cstring>
#include <thread>

#include "check.h"

int main() {
  long total = 0;
  for (int i = 0; i < 1000; ++i) {
    std::thread([&total, i] {
      char page[3000];
      std::memset(page, i, sizeof page);
      asm volatile("" : : "r"(page) : "memory");
      total += static_cast<unsigned char>(page[2999]);
    }).join();
  }
  std::printf("%ld\n", total);
}
