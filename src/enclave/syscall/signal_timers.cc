// SPDX-License-Identifier: Apache-2.0
//
// timer_create and its kin, setitimer, alarm.
#include "enclave/signal/timers.h"

#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave::syscall {
namespace {

/// struct itimerspec; struct itimerval with microseconds.
struct Interval {
  Timespec interval, value;
};
constexpr i64 kMicrosecond = 1000;

Outcome<> require_grant() {
  if ((enclave_config.grants & abi::grant::time) == 0) return fail(Errno::perm);
  return {};
}

Outcome<AlarmSetting> setting_of(const Interval& time) {
  const u64 interval = TRY(nanoseconds_of(time.interval));
  const u64 value = TRY(nanoseconds_of(time.value));
  return AlarmSetting{value, interval};
}

Interval interval_of(const AlarmSetting& setting) { return {timespec_of(setting.interval), timespec_of(setting.left)}; }

/// In microseconds; what is left of a running timer is never 0.
Interval microseconds_of(const AlarmSetting& setting) {
  Interval time = interval_of(setting);
  time.interval.nanoseconds /= kMicrosecond;
  time.value.nanoseconds /= kMicrosecond;
  if (setting.left != 0 && time.value.seconds == 0 && time.value.nanoseconds == 0) time.value.nanoseconds = 1;
  return time;
}

Outcome<AlarmSetting> load_microseconds(u64 address) {
  Interval time = TRY(load<Interval>(address));
  constexpr i64 kMost = static_cast<i64>(kNanosecondsPerSecond) / kMicrosecond;
  for (Timespec* part : {&time.interval, &time.value}) {
    if (part->nanoseconds < 0 || part->nanoseconds >= kMost) return fail(Errno::inval);
    part->nanoseconds *= kMicrosecond;
  }
  return setting_of(time);
}

/// struct sigevent.
struct Event {
  u64 value;
  i32 number, notify, tid;
  std::array<u8, 44> rest;
};
static_assert(sizeof(Event) == 64);

Outcome<TimerNotice> notice_of(const Event& event) {
  constexpr i32 kSignal = 0, kNone = 1, kThread = 2, kThreadId = 4;
  if (event.notify == kNone) return TimerNotice{TimerNotice::Kind::none, 0, 0, event.value};
  if (event.notify != kSignal && event.notify != kThread && event.notify != kThreadId) return fail(Errno::inval);
  if (event.number < 1 || event.number > static_cast<i32>(kSignals)) return fail(Errno::inval);
  const auto kind = event.notify == kThreadId ? TimerNotice::Kind::thread : TimerNotice::Kind::process;
  if (kind == TimerNotice::Kind::thread && !is_thread(event.tid)) return fail(Errno::inval);
  return TimerNotice{kind, static_cast<u32>(event.number), event.tid, event.value};
}

/// Clocks of Linux that have no timers.
constexpr bool can_have_timers(i32 id) { return id != 4 && id != 5 && id != 6; }

}  // namespace

Outcome<u64> timer_create(SyscallFrame& frame) {
  TRY(require_grant());
  const i32 id = static_cast<i32>(frame.rdi);
  const ClockName clock = TRY(clock_of(id));
  if (!can_have_timers(id)) return fail(Errno::notsup);
  TimerNotice notice{TimerNotice::Kind::process, sig::alrm, 0, 0};
  if (frame.rsi != 0) {
    const Event event = TRY(load<Event>(frame.rsi));
    notice = TRY(notice_of(event));
  }
  TRY(check_writable(frame.rdx, sizeof(u32)));
  const u32 timer = TRY(create_timer(clock, notice, frame.rsi == 0 ? OwnValue::yes : OwnValue::no));
  const Outcome<> stored = store(frame.rdx, timer);
  if (stored.ok()) return u64{0};
  (void)delete_timer(timer);
  return fail(stored.error());
}

Outcome<u64> timer_settime(SyscallFrame& frame) {
  constexpr u64 kAbsolute = 1;
  TRY(require_grant());
  if (frame.rdx == 0) return fail(Errno::inval);
  const Interval time = TRY(load<Interval>(frame.rdx));
  const AlarmSetting setting = TRY(setting_of(time));
  const auto absolute = (frame.rsi & kAbsolute) != 0 ? Absolute::yes : Absolute::no;
  const AlarmSetting before = TRY(set_timer(static_cast<u32>(frame.rdi), setting, absolute));
  if (frame.r10 != 0) TRY(store(frame.r10, interval_of(before)));
  return u64{0};
}

Outcome<u64> timer_gettime(SyscallFrame& frame) {
  const AlarmSetting setting = TRY(timer_setting(static_cast<u32>(frame.rdi)));
  TRY(store(frame.rsi, interval_of(setting)));
  return u64{0};
}

Outcome<u64> timer_getoverrun(SyscallFrame& frame) {
  const u32 overrun = TRY(enclave::timer_overrun(static_cast<u32>(frame.rdi)));
  return u64{overrun};
}

Outcome<u64> timer_delete(SyscallFrame& frame) {
  TRY(delete_timer(static_cast<u32>(frame.rdi)));
  return u64{0};
}

Outcome<u64> setitimer(SyscallFrame& frame) {
  TRY(require_grant());
  AlarmSetting setting{};
  if (frame.rsi != 0) setting = TRY(load_microseconds(frame.rsi));
  if (frame.rdi >= kIntervalTimers) return fail(Errno::inval);
  const AlarmSetting before = set_interval_timer(static_cast<u32>(frame.rdi), setting);
  if (frame.rdx != 0) TRY(store(frame.rdx, microseconds_of(before)));
  return u64{0};
}

Outcome<u64> getitimer(SyscallFrame& frame) {
  if (frame.rdi >= kIntervalTimers) return fail(Errno::inval);
  TRY(store(frame.rsi, microseconds_of(interval_timer_setting(static_cast<u32>(frame.rdi)))));
  return u64{0};
}

/// Seconds, rounded; what is left of a running alarm is never 0.
Outcome<u64> alarm(SyscallFrame& frame) {
  TRY(require_grant());
  const AlarmSetting before = set_interval_timer(0, {(frame.rdi & 0xffff'ffff) * kNanosecondsPerSecond, 0});
  const u64 seconds = (before.left + kNanosecondsPerSecond / 2) / kNanosecondsPerSecond;
  return before.left != 0 && seconds == 0 ? 1 : seconds;
}

}  // namespace sgxx::enclave::syscall
