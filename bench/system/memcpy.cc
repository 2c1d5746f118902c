// SPDX-License-Identifier: Apache-2.0
//
// Copying 256 KiB, from one buffer to another and back.

#include <cstring>
#include <vector>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  std::vector<unsigned char> a(256 << 10), b(a.size());
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<unsigned char>(i * 7 >> 3);
  bench::measure(2 * rounds, [&] {
    for (int i = 0; i < rounds; ++i) {
      std::memcpy(b.data(), a.data(), a.size());
      asm volatile("" : : "r"(b.data()) : "memory");
      std::memcpy(a.data(), b.data(), a.size());
      asm volatile("" : : "r"(a.data()) : "memory");
    }
  });
  unsigned long sum = 0;
  for (unsigned char byte : a) sum += byte;
  std::printf("%lu\n", sum);
}
