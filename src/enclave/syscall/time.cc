// SPDX-License-Identifier: Apache-2.0
//
// Clocks and sleeping. A sleep ends when the deadline has passed by the enclave's own reading of the clock, or by a signal.
#include "enclave/time.h"

#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/futex.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kTimerAbsolute = 1;

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

/// Until a clock that does not run with CLOCK_MONOTONIC has reached `time`: looked at again whenever it could have.
Outcome<u64> sleep_on(const ClockName& clock, u64 time) {
  constexpr u64 kShortest = 1'000'000;  // ns, while processor time is waited for
  const bool cpu = clock.kind != ClockName::Kind::host;
  for (;;) {
    const u64 now = clock_now(clock);
    if (now >= time) return u64{0};
    u64 left = time - now;
    if (cpu) left = left / live_thread_count() > kShortest ? left / live_thread_count() : kShortest;
    (void)TRY(sleep(deadline_after(left), 0));
  }
}

Outcome<u64> sleep_for_cpu_time(const ClockName& clock, u64 duration, u64 remaining) {
  const auto end = checked_add(clock_now(clock), duration);
  Outcome<u64> ended = sleep_on(clock, end ? *end : ~u64{0});
  if (!ended.ok() && remaining != 0 && end) {
    const u64 now = clock_now(clock);
    TRY(store(remaining, timespec_of(*end > now ? *end - now : 0)));
  }
  return ended;
}

/// Linux's clocks that nobody can sleep on: ENOTSUP.
constexpr bool can_sleep_on(i32 id) { return id != 3 && id != 4 && id != 5 && id != 6; }

}  // namespace

Outcome<u64> nanosleep(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 duration = TRY(load_time(frame.rdi));
  return sleep(deadline_after(duration), frame.rsi);
}

Outcome<u64> clock_nanosleep(SyscallFrame& frame) {
  TRY(require_grant());
  const i32 id = static_cast<i32>(frame.rdi);
  const ClockName clock = TRY(clock_of(id));
  if (!can_sleep_on(id)) return fail(Errno::notsup);
  const u64 time = TRY(load_time(frame.rdx));
  if (clock.kind == ClockName::Kind::thread_cpu && clock.thread == &current()) return fail(Errno::inval);
  if ((frame.rsi & kTimerAbsolute) != 0) return sleep_on(clock, time);
  if (clock.kind != ClockName::Kind::host) return sleep_for_cpu_time(clock, time, frame.r10);
  return sleep(deadline_after(time), frame.r10);
}

Outcome<u64> clock_gettime(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 now = clock_now(TRY(clock_of(static_cast<i32>(frame.rdi))));
  TRY(store(frame.rsi, timespec_of(now)));
  return u64{0};
}

Outcome<u64> clock_getres(SyscallFrame& frame) {
  (void)TRY(clock_of(static_cast<i32>(frame.rdi)));
  if (frame.rsi != 0) TRY(store(frame.rsi, Timespec{0, 1}));
  return u64{0};
}

// The time is the host's: nobody in here may set it. The errors before that one are Linux's.
Outcome<u64> clock_settime(SyscallFrame& frame) {
  const i32 id = static_cast<i32>(frame.rdi);
  if (id > 0) return fail(Errno::inval);
  const Timespec time = TRY(load<Timespec>(frame.rsi));
  if (id == 0) TRY(nanoseconds_of(time));
  if (id < 0) TRY(clock_of(id));
  return fail(Errno::perm);
}

Outcome<u64> settimeofday(SyscallFrame& frame) {
  constexpr i64 kMicrosecondsPerSecond = 1'000'000;
  if (frame.rdi != 0) {
    const Timespec time = TRY(load<Timespec>(frame.rdi));
    if (time.nanoseconds < 0 || time.nanoseconds >= kMicrosecondsPerSecond || time.seconds < 0) return fail(Errno::inval);
  }
  if (frame.rsi != 0) TRY(load<u64>(frame.rsi));
  return fail(Errno::perm);
}

Outcome<u64> gettimeofday(SyscallFrame& frame) {
  TRY(require_grant());
  const u64 now = clock_now(HostClock::realtime);
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
  const u64 seconds = clock_now(HostClock::realtime) / kNanosecondsPerSecond;
  if (frame.rdi != 0) TRY(store(frame.rdi, seconds));
  return seconds;
}

Outcome<u64> times(SyscallFrame& frame) {
  TRY(require_grant());
  constexpr u64 kTick = kNanosecondsPerSecond / 100;
  const u64 used = process_cpu_time() / kTick;
  const std::array<u64, 4> answer{used, 0, 0, 0};
  if (frame.rdi != 0) TRY(store(frame.rdi, answer));
  return monotonic_now() / kTick;
}

}  // namespace sgxx::enclave::syscall
