// SPDX-License-Identifier: Apache-2.0
//
// Time is the host's, and untrusted: it may stand still or leap ahead. It never runs backwards, over all threads.
#pragma once

#include "enclave/errno.h"

namespace sgxx::enclave {

inline constexpr u64 kNanosecondsPerSecond = 1'000'000'000;

/// struct timespec.
struct Timespec {
  i64 seconds;
  i64 nanoseconds;
};

/// Nanoseconds of one of Linux's clocks; EINVAL for a clock that does not exist here.
Outcome<u64> clock_now(u32 clock);
u64 monotonic_now();

/// EINVAL for a negative or malformed one; saturates.
Outcome<u64> nanoseconds_of(const Timespec& time);
/// The same of the struct timespec at a program address; EFAULT.
Outcome<u64> load_time(u64 address);
constexpr Timespec timespec_of(u64 nanoseconds) {
  return {static_cast<i64>(nanoseconds / kNanosecondsPerSecond), static_cast<i64>(nanoseconds % kNanosecondsPerSecond)};
}
/// `now + duration` of CLOCK_MONOTONIC, saturating to "for ever".
u64 deadline_after(u64 duration);
/// A deadline of CLOCK_REALTIME or CLOCK_MONOTONIC as one of CLOCK_MONOTONIC.
Outcome<u64> deadline_at(u32 clock, u64 absolute);

/// What rdtsc answers where the processor does not allow it (SGX1): a number that only grows, without leaving the enclave.
u64 counted_time();

}  // namespace sgxx::enclave
