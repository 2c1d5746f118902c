// SPDX-License-Identifier: Apache-2.0
#include "enclave/time.h"

#include <atomic>

#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kMost = ~u64{0} >> 1;
constexpr u32 kProcessCpu = 2, kThreadCpu = 3;                       // CLOCK_*_CPUTIME_ID
constexpr std::array<u32, kHostClocks> kHostNumber = {0, 1, 7, 11};  // CLOCK_* of a HostClock
constinit std::atomic<u64> process_cpu_latest{0};

/// The greatest of all answers so far, `told` among them.
u64 not_before(std::atomic<u64>& latest, u64 told) {
  u64 before = latest.load();
  while (told > before && !latest.compare_exchange_weak(before, told)) {
  }
  return told > before ? told : before;
}

/// A negative id is that of a process or a thread: ~number << 3, 4 for a thread, and which of its times (0 to 2) in the low bits.
Outcome<ClockName> cpu_clock_of(i32 id) {
  using Kind = ClockName::Kind;
  constexpr i32 kPerThread = 4, kTimes = 3;
  if ((id & 3) >= kTimes) return fail(Errno::inval);
  const i32 number = ~(id >> 3);
  if ((id & kPerThread) == 0) {
    if (number != 0 && number != kProcessId) return fail(Errno::inval);
    return ClockName{Kind::process_cpu, {}, nullptr};
  }
  ThreadBlock* const thread =
      number == 0 ? &current() : find_thread([number](const ThreadBlock& block) { return block.tid == number; });
  if (thread == nullptr) return fail(Errno::inval);
  return ClockName{Kind::thread_cpu, {}, thread};
}

}  // namespace

constinit std::array<TscClock, kHostClocks> host_clocks;

Outcome<ClockName> clock_of(i32 id) {
  using Kind = ClockName::Kind;
  if (id < 0) return cpu_clock_of(id);
  if (id == kProcessCpu) return ClockName{Kind::process_cpu, {}, nullptr};
  if (id == kThreadCpu) return ClockName{Kind::thread_cpu, {}, &current()};
  if (static_cast<u32>(id) >= kHostClockOf.size() || kHostClockOf[static_cast<u32>(id)] == kNoHostClock)
    return fail(Errno::inval);
  return ClockName{Kind::host, static_cast<HostClock>(kHostClockOf[static_cast<u32>(id)]), nullptr};
}

u64 clock_now(HostClock clock) {
  const auto index = static_cast<u32>(clock);
  return host_clocks[index].now(kHostNumber[index]);
}

u64 clock_now(const ClockName& clock) {
  switch (clock.kind) {
    case ClockName::Kind::host: return clock_now(clock.clock);
    case ClockName::Kind::process_cpu: return not_before(process_cpu_latest, host::clock_read(kProcessCpu));
    case ClockName::Kind::thread_cpu: break;
  }
  return not_before(clock.thread->cpu_time, host::clock_read(kThreadCpu, clock.thread->index));
}

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

u64 deadline_at(HostClock clock, u64 absolute) {
  const u64 now = clock_now(clock);
  return deadline_after(absolute > now ? absolute - now : 0);
}

u64 counted_time() {
  static std::atomic<u64> ticks;
  return host_clocks[static_cast<u32>(HostClock::monotonic)].latest() + ticks.fetch_add(1) + 1;
}

extern "C" {

void serve_rdtsc(InstructionFrame* frame) { read_tsc(&frame->rax, &frame->rdx); }

void serve_rdtscp(InstructionFrame* frame) {
  read_tsc(&frame->rax, &frame->rdx);
  frame->rcx = 0;
}
}

}  // namespace sgxx::enclave
