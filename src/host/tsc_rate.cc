// SPDX-License-Identifier: Apache-2.0
#include "host/tsc_rate.h"

#include <time.h>

namespace sgxx::host {
namespace {

constexpr u64 kNanosecondsPerSecond = 1'000'000'000;
constexpr u64 kShortest = 1'000'000;  // ns: a reading is good to some 50 ns

u64 tsc() {
  u32 low, high;
  asm volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high)::"memory");
  return u64{high} << 32 | low;
}

}  // namespace

/// The quickest of a few pairs: none that was interrupted.
TscRate::Sample TscRate::sample() {
  Sample best{};
  u64 quickest = ~u64{0};
  for (int i = 0; i < 8; ++i) {
    timespec now{};
    const u64 before = tsc();
    clock_gettime(CLOCK_MONOTONIC, &now);
    const u64 took = tsc() - before;
    if (took >= quickest) continue;
    quickest = took;
    best = {before + took / 2, static_cast<u64>(now.tv_sec) * kNanosecondsPerSecond + static_cast<u64>(now.tv_nsec)};
  }
  return best;
}

u64 TscRate::hertz() const {
  const Sample now = sample();
  const u64 passed = now.nanoseconds - begin_.nanoseconds;
  if (passed < kShortest) return 0;
  return static_cast<u64>(static_cast<unsigned __int128>(now.tsc - begin_.tsc) * kNanosecondsPerSecond / passed);
}

}  // namespace sgxx::host
