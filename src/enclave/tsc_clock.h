// SPDX-License-Identifier: Apache-2.0
//
// TscClock: a clock of the host, read without leaving the enclave. It asks the host now and then, learns how fast the time stamp
// counter runs against the host's clock, and in between lets the counter tell the time. What the host can do through it is what
// it can do with any clock: lie. Readers take no lock (a sequence counter); one thread at a time asks.
#pragma once

#include <atomic>

#include "base/checked.h"

namespace sgxx::enclave {

class TscClock {
 public:
  /// Nanoseconds of host clock `clock` (CLOCK_*), not yet protected against running backwards.
  u64 now(u32 clock);

 private:
  struct Sample {
    u64 tsc, nanoseconds;
  };
  u64 ask(u32 clock);
  void learn(const Sample& sample);

  std::atomic<u32> sequence_{0};
  std::atomic<u32> asking_{0};
  std::atomic<u64> tsc_{0}, nanoseconds_{0};
  std::atomic<u64> rate_{0};  // nanoseconds a tick, in 32.32 fixed point; 0 while unknown
  std::atomic<u64> valid_ticks_{0};
  Sample first_{};
};

/// False when the counter cannot be read (SGX1), may stop, or the host's CPUID table does not call it invariant.
bool tsc_is_usable();
/// Boot says what it found.
void set_tsc_usable(bool usable);

}  // namespace sgxx::enclave
