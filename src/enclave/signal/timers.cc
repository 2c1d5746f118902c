// SPDX-License-Identifier: Apache-2.0
//
// A timer whose signal is still pending does not send another: it counts (overrun), as in Linux. If that happens it rests until
// the signal is taken, so that a tiny interval cannot keep a thread busy that does not get to its handler.
#include "enclave/signal/timers.h"

#include "enclave/lock.h"
#include "enclave/signal/attention.h"
#include "enclave/signal/queue.h"
#include "enclave/thread/futex.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kTimers = 256;
constexpr u64 kMostOverrun = 0x7fff'ffff;    // DELAYTIMER_MAX
constexpr u64 kShortestCpuWait = 1'000'000;  // ns between looks at a clock of processor time

struct Timer {
  bool in_use, queued, resting;
  u32 generation;
  ClockName clock;
  TimerNotice notice;
  u64 deadline;  // of `clock`, kForever: not running
  u64 interval;
  u64 missed;  // expirations since the signal became pending
  u32 last_overrun;
  i32 clock_tid;  // of the thread whose processor time the clock is
};

constinit SpinLock lock;
constinit Timer timers[kIntervalTimers + kTimers]{};
constinit u32 used = kIntervalTimers;  // no timer at this index or above
constinit std::atomic<u32> armed{0};   // timers that run and send something

bool runs(const Timer& timer) { return timer.in_use && timer.deadline != kForever; }
bool counts_as_armed(const Timer& timer) { return runs(timer) && timer.notice.kind != TimerNotice::Kind::none; }

/// Changes a timer's running, with the count of armed ones.
void set_deadline(Timer& timer, u64 deadline) {
  const bool before = counts_as_armed(timer);
  timer.deadline = deadline;
  const bool after = counts_as_armed(timer);
  if (after && !before) armed.fetch_add(1);
  if (before && !after) armed.fetch_sub(1);
}

/// Whether the thread whose processor time is measured has ended: its time stands still, and its block may be another's.
bool clock_stands(const Timer& timer) {
  return timer.clock.kind == ClockName::Kind::thread_cpu && timer.clock.thread->tid != timer.clock_tid;
}

/// Moves the deadline behind `now`; how many times it had come.
u64 advance(Timer& timer, u64 now) {
  if (now < timer.deadline) return 0;
  if (timer.interval == 0) {
    set_deadline(timer, kForever);
    return 1;
  }
  const u64 count = (now - timer.deadline) / timer.interval + 1;
  const auto step = checked_multiply(count, timer.interval);
  const auto next = step ? checked_add(timer.deadline, *step) : std::nullopt;
  set_deadline(timer, next ? *next : kForever);
  return count;
}

/// Whether the signal that the timer sent last still waits. It may have been discarded since.
bool still_pending(Timer& timer) {
  if (!timer.queued) return false;
  u64 set = process_signals().set.load();
  if (timer.notice.kind == TimerNotice::Kind::thread) {
    const ThreadBlock* const target = find_thread([&timer](ThreadBlock& thread) { return thread.tid == timer.notice.tid; });
    set = target == nullptr ? 0 : target->signals.pending.set.load();
  }
  timer.queued = (set & sig::bit(timer.notice.number)) != 0;
  return timer.queued;
}

/// When to look at the timer again, in CLOCK_MONOTONIC.
u64 next_look(const Timer& timer, u64 now) {
  if (!counts_as_armed(timer) || timer.resting) return kForever;
  u64 left = timer.deadline > now ? timer.deadline - now : 0;
  if (timer.clock.kind != ClockName::Kind::host) {
    // Processor time runs at most as fast as all threads together.
    left /= live_thread_count();
    if (left < kShortestCpuWait) left = kShortestCpuWait;
  }
  return deadline_after(left);
}

struct Due {
  bool send;
  TimerNotice notice;
  SignalDetail detail;
  u64 next;
};

Due look_at(u32 index) {
  Due due{false, {}, {}, kForever};
  Guard guard(lock);
  Timer& timer = timers[index];
  if (clock_stands(timer)) set_deadline(timer, kForever);
  if (!counts_as_armed(timer)) return due;
  const u64 now = clock_now(timer.clock);
  const u64 count = advance(timer, now);
  if (count != 0 && still_pending(timer)) {
    timer.missed += count;
    timer.resting = true;
  } else if (count != 0) {
    timer.missed = count - 1;
    timer.queued = true;
    timer.resting = false;
    due.send = true;
    due.notice = timer.notice;
    due.detail = {index < kIntervalTimers ? si::kernel : si::timer, 0, 0, timer.notice.value, index + 1, timer.generation};
  }
  due.next = next_look(timer, now);
  return due;
}

AlarmSetting setting_of(const Timer& timer) {
  if (!runs(timer) || clock_stands(timer)) return {0, timer.interval};
  const u64 now = clock_now(timer.clock);
  u64 left = timer.deadline > now ? timer.deadline - now : 0;
  // Its time has come, but nobody has looked yet.
  if (left == 0 && timer.interval != 0) left = timer.interval - (now - timer.deadline) % timer.interval;
  if (left == 0 && timer.notice.kind != TimerNotice::Kind::none) left = 1;
  return {left, timer.interval};
}

/// Starts or stops a timer; the lock is held.
AlarmSetting change(Timer& timer, const AlarmSetting& setting, Absolute absolute) {
  const AlarmSetting before = setting_of(timer);
  ++timer.generation;
  timer.queued = timer.resting = false;
  timer.missed = timer.last_overrun = 0;
  timer.interval = setting.interval;
  u64 deadline = kForever;
  if (setting.left != 0 && !clock_stands(timer)) {
    const u64 start = absolute == Absolute::yes ? 0 : clock_now(timer.clock);
    const auto sum = checked_add(start, setting.left);
    if (sum) deadline = *sum;
  }
  set_deadline(timer, deadline);
  return before;
}

Timer* find(u32 id) {
  if (id >= kTimers || !timers[kIntervalTimers + id].in_use) return nullptr;
  return &timers[kIntervalTimers + id];
}

}  // namespace

Outcome<u32> create_timer(const ClockName& clock, const TimerNotice& notice, OwnValue own_value) {
  Guard guard(lock);
  for (u32 id = 0; id < kTimers; ++id) {
    Timer& timer = timers[kIntervalTimers + id];
    if (timer.in_use) continue;
    timer = {true,
             false,
             false,
             timer.generation + 1,
             clock,
             notice,
             kForever,
             0,
             0,
             0,
             clock.thread != nullptr ? clock.thread->tid : 0};
    if (own_value == OwnValue::yes) timer.notice.value = id;
    if (used <= kIntervalTimers + id) used = kIntervalTimers + id + 1;
    return id;
  }
  return fail(Errno::again);
}

Outcome<> delete_timer(u32 id) {
  Guard guard(lock);
  Timer* const timer = find(id);
  if (timer == nullptr) return fail(Errno::inval);
  set_deadline(*timer, kForever);
  timer->in_use = false;
  ++timer->generation;
  return {};
}

Outcome<AlarmSetting> set_timer(u32 id, const AlarmSetting& setting, Absolute absolute) {
  AlarmSetting before{};
  {
    Guard guard(lock);
    Timer* const timer = find(id);
    if (timer == nullptr) return fail(Errno::inval);
    before = change(*timer, setting, absolute);
  }
  if (setting.left != 0) attend();
  return before;
}

Outcome<AlarmSetting> timer_setting(u32 id) {
  Guard guard(lock);
  const Timer* const timer = find(id);
  if (timer == nullptr) return fail(Errno::inval);
  return setting_of(*timer);
}

Outcome<u32> timer_overrun(u32 id) {
  Guard guard(lock);
  const Timer* const timer = find(id);
  if (timer == nullptr) return fail(Errno::inval);
  return timer->last_overrun;
}

AlarmSetting set_interval_timer(u32 which, const AlarmSetting& setting) {
  constexpr u32 kReal = 0;
  constexpr u32 kNumbers[kIntervalTimers] = {sig::alrm, sig::vtalrm, sig::prof};
  AlarmSetting before{};
  {
    Guard guard(lock);
    Timer& timer = timers[which];
    if (!timer.in_use) {
      const ClockName real{ClockName::Kind::host, HostClock::monotonic, nullptr};
      const ClockName processor{ClockName::Kind::process_cpu, {}, nullptr};
      timer = {
          true, false, false, 0, which == kReal ? real : processor, {TimerNotice::Kind::process, kNumbers[which], 0, 0}, kForever,
          0,    0,     0,     0};
    }
    before = change(timer, setting, Absolute::no);
  }
  if (setting.left != 0) attend();
  return before;
}

AlarmSetting interval_timer_setting(u32 which) {
  Guard guard(lock);
  return timers[which].in_use ? setting_of(timers[which]) : AlarmSetting{};
}

bool has_armed_timers() { return armed.load() != 0; }

u64 expire_timers() {
  u64 next = kForever;
  const u32 count = __atomic_load_n(&used, __ATOMIC_RELAXED);
  for (u32 i = 0; i < count && has_armed_timers(); ++i) {
    const Due due = look_at(i);
    if (due.next < next) next = due.next;
    if (!due.send) continue;
    (void)(due.notice.kind == TimerNotice::Kind::thread ? send_to_thread(due.notice.tid, due.notice.number, due.detail)
                                                        : send_to_process(due.notice.number, due.detail));
  }
  return next;
}

void complete_timer_signal(const SignalDetail& detail, SignalInfo& info) {
  const u32 index = detail.timer - 1;
  Guard guard(lock);
  Timer& timer = timers[index];
  if (timer.generation != detail.timer_generation) return;
  timer.queued = false;
  timer.last_overrun = static_cast<u32>(timer.missed < kMostOverrun ? timer.missed : kMostOverrun);
  timer.missed = 0;
  if (timer.resting) {
    timer.resting = false;
    current().attention.store(1);  // its next deadline is to be told
    current().signal_pending.store(1);
  }
  if (index >= kIntervalTimers) info.field0 = (index - kIntervalTimers) | u64{timer.last_overrun} << 32;
}

}  // namespace sgxx::enclave
