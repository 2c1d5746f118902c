// SPDX-License-Identifier: Apache-2.0
//
// Timers that send signals: those of timer_create and the three of setitimer. The host wakes a thread at the next deadline
// (attention.h); whether a timer's time has come is decided here, by the enclave's own reading of the clock, never early.
#pragma once

#include "enclave/signal/signals.h"
#include "enclave/time.h"

namespace sgxx::enclave {

/// Nanoseconds. `left` 0: not running; `interval` 0: once.
struct AlarmSetting {
  u64 left, interval;
};

/// What a timer does when its time has come.
struct TimerNotice {
  enum class Kind : u32 { none, process, thread } kind;
  u32 number;  // of the signal
  i32 tid;     // of the thread
  u64 value;   // si_value
};

/// The new timer's id. EAGAIN when there are too many. `own_value`: si_value is the id.
enum class OwnValue : bool { no, yes };
Outcome<u32> create_timer(const ClockName& clock, const TimerNotice& notice, OwnValue own_value);
Outcome<> delete_timer(u32 id);
enum class Absolute : bool { no, yes };
/// `setting.left` is a time of the timer's clock with Absolute::yes. The setting before; EINVAL for no timer.
Outcome<AlarmSetting> set_timer(u32 id, const AlarmSetting& setting, Absolute absolute);
Outcome<AlarmSetting> timer_setting(u32 id);
/// How many times more than once the timer's time had come when its last signal was taken.
Outcome<u32> timer_overrun(u32 id);

/// ITIMER_REAL, VIRTUAL, PROF. The latter two count processor time of the process.
inline constexpr u32 kIntervalTimers = 3;
AlarmSetting set_interval_timer(u32 which, const AlarmSetting& setting);
AlarmSetting interval_timer_setting(u32 which);

bool has_armed_timers();
/// Sends what is due. The next deadline, of CLOCK_MONOTONIC, or kForever.
u64 expire_timers();

/// A timer's signal has been taken: completes what its handler sees.
void complete_timer_signal(const SignalDetail& detail, SignalInfo& info);

}  // namespace sgxx::enclave
