// SPDX-License-Identifier: Apache-2.0
//
// Two threads allocate, touch and free blocks of 16 bytes to 4 KiB, each keeping 256 of them alive.

#include <memory>
#include <thread>
#include <vector>

#include "measure.h"

static unsigned long churn(unsigned state, int rounds) {
  std::vector<std::unique_ptr<unsigned char[]>> live(256);
  unsigned long sum = 0;
  for (int i = 0; i < rounds; ++i) {
    state = state * 1664525u + 1013904223u;
    auto& slot = live[state >> 24];
    if (slot) sum += slot[0];
    const std::size_t size = 16u << (state >> 8) % 9;
    slot = std::make_unique_for_overwrite<unsigned char[]>(size);
    slot[0] = static_cast<unsigned char>(state >> 16);
    slot[size - 1] = 1;
  }
  return sum;
}

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  unsigned long sums[2] = {};
  bench::measure(rounds, [&] {
    std::thread other([&] { sums[0] = churn(1, rounds); });
    sums[1] = churn(2, rounds);
    other.join();
  });
  std::printf("%lu %lu\n", sums[0], sums[1]);
}
