// SPDX-License-Identifier: Apache-2.0
//
// timerfd. The timer is a time and an interval; how often it has expired is worked out when somebody asks, by the enclave's own
// reading of the clock: never early. Who waits for it sleeps until `next_event` at most. All times are of CLOCK_MONOTONIC: a
// CLOCK_REALTIME that is set after a timer was does not move it.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/lock.h"
#include "enclave/time.h"

namespace sgxx::enclave {

/// struct itimerspec.
struct TimerSetting {
  Timespec interval, value;
};

class TimerFile : public OpenFile {
 public:
  TimerFile(HostClock clock, u32 flags) : OpenFile(FileKind::timer, flags | open_flag::read_write), clock_(clock) {}

  enum class Start : bool { relative, absolute };
  /// EINVAL for a malformed time. A value of zero disarms.
  Outcome<> set(const TimerSetting& setting, Start start);
  TimerSetting get();

  Outcome<> read(Transfer& transfer);
  Outcome<u64> seek(i64, u32) { return u64{0}; }
  u32 ready();
  u64 next_event();
  static constexpr bool kTimed = true;

 private:
  u64 expirations(u64 now) const;
  u64 next_after(u64 now) const;
  Outcome<u64> take();

  HostClock clock_;
  SpinLock lock_;
  u64 first_ = ~u64{0};  // the first expiration that nobody has read; ~0: none
  u64 interval_ = 0;
};

}  // namespace sgxx::enclave
