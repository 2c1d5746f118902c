// SPDX-License-Identifier: Apache-2.0
#include "enclave/time.h"

#include <atomic>

#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/tsc_clock.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kClockRealtime = 0, kClockMonotonic = 1, kClockBoottime = 7, kClockRealtimeCoarse = 5, kClockMonotonicCoarse = 6,
              kClockMonotonicRaw = 4, kClockTai = 11, kClocks = 12;
constexpr u64 kMost = ~u64{0} >> 1;

std::atomic<u64> latest[kClocks];
constinit TscClock realtime, monotonic, boottime;

u64 read_clock(u32 clock) {
  switch (clock) {
    case kClockRealtime: return realtime.now(clock);
    case kClockMonotonic: return monotonic.now(clock);
    case kClockBoottime: return boottime.now(clock);
    default: return host::clock_read(clock);
  }
}

bool exists(u32 clock) { return clock <= kClockBoottime || clock == kClockTai; }

/// The coarse and raw variants are the clock they approximate.
u32 base_clock(u32 clock) {
  switch (clock) {
    case kClockRealtimeCoarse: return kClockRealtime;
    case kClockMonotonicCoarse:
    case kClockMonotonicRaw: return kClockMonotonic;
    default: return clock;
  }
}

}  // namespace

Outcome<u64> clock_now(u32 clock) {
  if (!exists(clock)) return fail(Errno::inval);
  clock = base_clock(clock);
  const u64 told = read_clock(clock);
  if (clock == 3) return told;  // CLOCK_THREAD_CPUTIME_ID: each thread has its own
  u64 before = latest[clock].load();
  while (told > before && !latest[clock].compare_exchange_weak(before, told)) {
  }
  return told > before ? told : before;
}

u64 monotonic_now() { return *clock_now(kClockMonotonic); }

Outcome<u64> nanoseconds_of(const Timespec& time) {
  if (time.seconds < 0 || time.nanoseconds < 0 || time.nanoseconds >= static_cast<i64>(kNanosecondsPerSecond)) {
    return fail(Errno::inval);
  }
  const auto seconds = checked_multiply(static_cast<u64>(time.seconds), kNanosecondsPerSecond);
  if (!seconds || *seconds > kMost - kNanosecondsPerSecond) return kMost;
  return *seconds + static_cast<u64>(time.nanoseconds);
}

Outcome<u64> load_time(u64 address) {
  const Timespec time = TRY(load<Timespec>(address));
  return nanoseconds_of(time);
}

u64 deadline_after(u64 duration) {
  const auto sum = checked_add(monotonic_now(), duration);
  return sum && *sum < kMost ? *sum : ~u64{0};
}

Outcome<u64> deadline_at(u32 clock, u64 absolute) {
  const u64 now = TRY(clock_now(clock));
  return deadline_after(absolute > now ? absolute - now : 0);
}

u64 counted_time() {
  static std::atomic<u64> ticks;
  return latest[kClockMonotonic].load() + ticks.fetch_add(1) + 1;
}

extern "C" {

void serve_rdtsc(InstructionFrame* frame) { read_tsc(&frame->rax, &frame->rdx); }

void serve_rdtscp(InstructionFrame* frame) {
  read_tsc(&frame->rax, &frame->rdx);
  frame->rcx = 0;
}
}

}  // namespace sgxx::enclave
