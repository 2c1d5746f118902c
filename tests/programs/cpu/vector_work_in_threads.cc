// SPDX-License-Identifier: Apache-2.0
//
// Threads that compute with vectors and x87 while they switch, lock and sleep get the results of one thread.

#include <time.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <thread>
#include <vector>

#include "check.h"

static std::mutex mutex;

static std::uint64_t work(unsigned seed) {
  double lanes[8];
  long double tall = 1.0L + static_cast<long double>(seed);
  for (int i = 0; i < 8; ++i) lanes[i] = seed + i * 0.1;
  for (int round = 0; round < 3000; ++round) {
    for (int i = 0; i < 8; ++i) lanes[i] = lanes[i] * 1.0000001 + std::sqrt(lanes[(i + 1) % 8]) * 1e-6;
    tall = sqrtl(tall * tall + 1.0L);
    if (round % 100 == 0) {
      std::lock_guard lock(mutex);
      const timespec pause{0, 100};
      nanosleep(&pause, nullptr);
    }
  }
  std::uint64_t hash = 0;
  for (double lane : lanes) {
    std::uint64_t bits;
    std::memcpy(&bits, &lane, 8);
    hash = hash * 1099511628211u ^ bits;
  }
  std::uint64_t bits;
  std::memcpy(&bits, &tall, 8);
  return hash ^ bits;
}

int main() {
  std::uint64_t expected[4], got[4];
  for (unsigned t = 0; t < 4; ++t) expected[t] = work(t + 1);
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) threads.emplace_back([&got, t] { got[t] = work(t + 1); });
  for (auto& thread : threads) thread.join();
  for (int t = 0; t < 4; ++t) CHECK(expected[t] == got[t]);
  std::printf("%016lx\n", expected[0]);
}
