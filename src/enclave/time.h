// SPDX-License-Identifier: Apache-2.0
//
// Time is the host's, and untrusted: it may stand still or leap ahead. It never runs backwards, over all threads.
#pragma once

#include "enclave/errno.h"
#include "enclave/thread_block.h"
#include "enclave/tsc_clock.h"

namespace sgxx::enclave {

inline constexpr u64 kNanosecondsPerSecond = 1'000'000'000;

/// struct timespec.
struct Timespec {
  i64 seconds;
  i64 nanoseconds;
};

/// The clocks that the host tells. The coarse and the raw ones are the clock that they approximate.
enum class HostClock : u8 { realtime, monotonic, boottime, tai };
inline constexpr u32 kHostClocks = 4;
inline constexpr u8 kNoHostClock = 0xff;
/// By CLOCK_*, 0 to 11: which of them it is.
inline constexpr std::array<u8, 12> kHostClockOf = {
    0, 1, kNoHostClock, kNoHostClock, 1, 0, 1, 2, kNoHostClock, kNoHostClock, kNoHostClock, 3};
extern std::array<TscClock, kHostClocks> host_clocks;

/// What a clockid_t of the program names: a clock of the host, or the processor time of the process or of a thread.
struct ClockName {
  enum class Kind : u8 { host, process_cpu, thread_cpu } kind;
  HostClock clock;      // of Kind::host
  ThreadBlock* thread;  // of Kind::thread_cpu
};
/// EINVAL for a clock that does not exist here.
Outcome<ClockName> clock_of(i32 id);

/// Nanoseconds of a clock, never less than an answer before.
u64 clock_now(const ClockName& clock);
u64 clock_now(HostClock clock);
inline u64 monotonic_now() { return clock_now(HostClock::monotonic); }
inline u64 process_cpu_time() { return clock_now({ClockName::Kind::process_cpu, {}, nullptr}); }

/// EINVAL for a negative or malformed one; saturates.
Outcome<u64> nanoseconds_of(const Timespec& time);
/// The same of the struct timespec at a program address; EFAULT.
Outcome<u64> load_time(u64 address);
constexpr Timespec timespec_of(u64 nanoseconds) {
  return {static_cast<i64>(nanoseconds / kNanosecondsPerSecond), static_cast<i64>(nanoseconds % kNanosecondsPerSecond)};
}
/// `now + duration` of CLOCK_MONOTONIC, saturating to "for ever".
u64 deadline_after(u64 duration);
/// A deadline of another clock as one of CLOCK_MONOTONIC.
u64 deadline_at(HostClock clock, u64 absolute);

/// What rdtsc answers where the processor does not allow it (SGX1): a number that only grows, without leaving the enclave.
u64 counted_time();

}  // namespace sgxx::enclave
