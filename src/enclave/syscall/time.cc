// SPDX-License-Identifier: Apache-2.0
//
// Clocks and sleeping. A sleep ends when the deadline has passed by the enclave's own reading of the clock, or by a signal.
#include "enclave/time.h"

#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/futex.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kTimerAbsolute = 1;
constexpr u32 kRealtime = 0, kMonotonic = 1, kBoottime = 7;

/// EPERM when the manifest does not let the program ask the host for the time.
Outcome<> require_grant() {
  if ((enclave_config.grants & abi::grant::time) == 0) return fail(Errno::perm);
  return {};
}

/// 0 when the time has passed; EINTR with the remainder at `remaining` when a signal came.
Outcome<u64> sleep(u64 deadline, u64 remaining) {
  const Outcome<> ended = sleep_until(deadline);
  if (ended.ok() || ended.error() == Errno::timedout) return u64{0};
  if (remaining != 0) {
    const u64 now = monotonic_now();
    TRY(store(remaining, timespec_of(deadline > now ? deadline - now : 0)));
  }
  return fail(Errno::intr);
}

}  // namespace

Outcome<u64> nanosleep(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 duration = TRY(load_time(frame.rdi));
  return sleep(deadline_after(duration), frame.rsi);
}

Outcome<u64> clock_nanosleep(SyscallFrame& frame) {
  TRY(require_grant());
  const u32 clock = static_cast<u32>(frame.rdi);
  if (clock != kRealtime && clock != kMonotonic && clock != kBoottime) return fail(clock > 11 ? Errno::inval : Errno::notsup);
  const u64 time = TRY(load_time(frame.rdx));
  if ((frame.rsi & kTimerAbsolute) == 0) return sleep(deadline_after(time), frame.r10);
  for (;;) {
    const u64 now = TRY(clock_now(clock));
    if (now >= time) return u64{0};
    (void)TRY(sleep(deadline_after(time - now), 0));
  }
}

Outcome<u64> clock_gettime(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 now = TRY(clock_now(static_cast<u32>(frame.rdi)));
  TRY(store(frame.rsi, timespec_of(now)));
  return u64{0};
}

Outcome<u64> clock_getres(SyscallFrame& frame) {
  (void)TRY(clock_now(static_cast<u32>(frame.rdi)));
  if (frame.rsi != 0) TRY(store(frame.rsi, Timespec{0, 1}));
  return u64{0};
}

Outcome<u64> gettimeofday(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 now = TRY(clock_now(kRealtime));
  if (frame.rdi != 0) {
    Timespec time = timespec_of(now);
    time.nanoseconds /= 1000;  // struct timeval counts microseconds
    TRY(store(frame.rdi, time));
  }
  if (frame.rsi != 0) TRY(store(frame.rsi, u64{0}));
  return u64{0};
}

Outcome<u64> time(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 seconds = TRY(clock_now(kRealtime)) / kNanosecondsPerSecond;
  if (frame.rdi != 0) TRY(store(frame.rdi, seconds));
  return seconds;
}

Outcome<u64> times(SyscallFrame& frame) {
  TRY(require_grant());
  constexpr u64 kTick = kNanosecondsPerSecond / 100;
  const u64 used = TRY(clock_now(2)) / kTick;
  const std::array<u64, 4> answer{used, 0, 0, 0};
  if (frame.rdi != 0) TRY(store(frame.rdi, answer));
  return monotonic_now() / kTick;
}

}  // namespace sgxx::enclave::syscall
