// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/timer_file.h"

#include "enclave/file/events.h"

namespace sgxx::enclave {

u64 TimerFile::expirations(u64 now) const {
  if (first_ == kForever || now < first_) return 0;
  return interval_ == 0 ? 1 : 1 + (now - first_) / interval_;
}

/// The first expiration after `now`.
u64 TimerFile::next_after(u64 now) const {
  if (first_ == kForever || now < first_) return first_;
  return interval_ == 0 ? kForever : first_ + expirations(now) * interval_;
}

Outcome<> TimerFile::set(const TimerSetting& setting, Start start) {
  const u64 value = TRY(nanoseconds_of(setting.value)), interval = TRY(nanoseconds_of(setting.interval));
  {
    Guard guard(lock_);
    interval_ = interval;
    first_ = kForever;
    if (value != 0) first_ = start == Start::absolute ? deadline_at(clock_, value) : deadline_after(value);
  }
  Wakes wakes;
  notify(*this, wakes);
  return {};
}

TimerSetting TimerFile::get() {
  const u64 now = monotonic_now();
  Guard guard(lock_);
  const u64 next = next_after(now);
  return {timespec_of(interval_), timespec_of(next == kForever ? 0 : next - now)};
}

Outcome<u64> TimerFile::take() {
  const u64 now = monotonic_now();
  u64 count = 0;
  {
    Guard guard(lock_);
    count = expirations(now);
    if (count == 0) return fail(Errno::again);
    first_ = next_after(now);
  }
  Wakes wakes;
  notify(*this, wakes);  // there is a next event again
  return count;
}

Outcome<> TimerFile::read(Transfer& transfer) {
  if (transfer.remaining() < sizeof(u64)) return fail(Errno::inval);
  auto taken = take();
  if (!taken.ok() && !is_nonblocking()) {
    Waking waking;
    const ThreadWaiter waiter(*this, waking);
    for (;;) {
      waking.reset();
      taken = take();
      if (taken.ok()) break;
      const Outcome<> slept = sleep_on(waking.woken(), next_event());
      if (!slept.ok() && slept.error() != Errno::timedout) return fail(slept.error());
    }
  }
  if (!taken.ok()) return fail(taken.error());
  const u64 count = *taken;
  return transfer.to_program(&count, sizeof(count));
}

u32 TimerFile::ready() {
  const u64 now = monotonic_now();
  Guard guard(lock_);
  return expirations(now) != 0 ? poll_event::in | poll_event::read_normal : 0;
}

/// As on Linux an interval timer tells of one expiration until somebody reads.
u64 TimerFile::next_event() {
  const u64 now = monotonic_now();
  Guard guard(lock_);
  return now < first_ ? first_ : kForever;
}

}  // namespace sgxx::enclave
