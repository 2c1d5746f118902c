// SPDX-License-Identifier: Apache-2.0
//
// Scheduling. The host schedules, so every thread is SCHED_OTHER with priority 0, its nice value is 0, and asking for
// anything else is EPERM, or EACCES where Linux calls it so.
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr i32 kOther = 0, kFifo = 1, kRoundRobin = 2, kBatch = 3, kIdle = 5, kDeadline = 6;
constexpr i32 kMostRealTime = 99;

bool is_real_time(i32 policy) { return policy == kFifo || policy == kRoundRobin; }
bool is_policy(i32 policy) {
  return policy == kOther || is_real_time(policy) || policy == kBatch || policy == kIdle || policy == kDeadline;
}

/// ESRCH unless `id` is 0 or that of a thread.
Outcome<> require_thread(i32 id) {
  const auto matches = [id](const ThreadBlock& thread) { return thread.tid == id; };
  if (id != 0 && id != kProcessId && find_thread(matches) == nullptr) return fail(Errno::srch);
  return {};
}

Outcome<u64> set(i32 id, i32 policy, u64 parameter) {
  if (parameter == 0 || id < 0) return fail(Errno::inval);
  const i32 priority = TRY(load<i32>(parameter));
  TRY(require_thread(id));
  if (!is_policy(policy) || policy == kDeadline || priority < 0 || priority > kMostRealTime) return fail(Errno::inval);
  if (is_real_time(policy) != (priority != 0)) return fail(Errno::inval);
  if (policy != kOther) return fail(Errno::perm);
  return u64{0};
}

/// struct sched_attr.
struct SchedulingAttributes {
  u32 size, policy;
  u64 flags;
  i32 nice;
  u32 priority;
  u64 runtime, deadline, period;
  u32 least_utilization, most_utilization;
};
static_assert(sizeof(SchedulingAttributes) == 56);
constexpr u32 kFirstAttributesSize = 48;

/// What getpriority and setpriority are asked about: the one process, group or user that there is, or a thread.
Outcome<> require_subject(u64 which, i32 who) {
  constexpr u64 kProcess = 0, kGroup = 1, kUser = 2;
  switch (static_cast<u32>(which)) {
    case kProcess: return who == 0 || is_thread(who) ? Outcome<>{} : fail(Errno::srch);
    case kGroup: return who == 0 || who == kProcessId ? Outcome<>{} : fail(Errno::srch);
    case kUser: return who == 0 || who == static_cast<i32>(kUserId) ? Outcome<>{} : fail(Errno::srch);
    default: return fail(Errno::inval);
  }
}

u64 processors() {
  const u32 count = program_cpu_count();
  return count == 64 ? ~u64{0} : (u64{1} << count) - 1;
}

}  // namespace

Outcome<u64> sched_yield(SyscallFrame&) {
  host::yield();
  return u64{0};
}

Outcome<u64> sched_setparam(SyscallFrame& frame) { return set(static_cast<i32>(frame.rdi), kOther, frame.rsi); }

Outcome<u64> sched_setscheduler(SyscallFrame& frame) {
  const i32 policy = static_cast<i32>(frame.rsi);
  if (policy < 0) return fail(Errno::inval);
  return set(static_cast<i32>(frame.rdi), policy, frame.rdx);
}

Outcome<u64> sched_getparam(SyscallFrame& frame) {
  const i32 id = static_cast<i32>(frame.rdi);
  if (frame.rsi == 0 || id < 0) return fail(Errno::inval);
  TRY(require_thread(id));
  TRY(store(frame.rsi, i32{0}));
  return u64{0};
}

Outcome<u64> sched_getscheduler(SyscallFrame& frame) {
  const i32 id = static_cast<i32>(frame.rdi);
  if (id < 0) return fail(Errno::inval);
  TRY(require_thread(id));
  return static_cast<u64>(kOther);
}

Outcome<u64> sched_get_priority_max(SyscallFrame& frame) {
  const i32 policy = static_cast<i32>(frame.rdi);
  if (!is_policy(policy)) return fail(Errno::inval);
  return is_real_time(policy) ? u64{kMostRealTime} : u64{0};
}

Outcome<u64> sched_get_priority_min(SyscallFrame& frame) {
  const i32 policy = static_cast<i32>(frame.rdi);
  if (!is_policy(policy)) return fail(Errno::inval);
  return is_real_time(policy) ? u64{1} : u64{0};
}

// The time slice of SCHED_OTHER is nobody's promise.
Outcome<u64> sched_rr_get_interval(SyscallFrame& frame) {
  constexpr u64 kSlice = 4'000'000;  // ns
  if (static_cast<i32>(frame.rdi) < 0) return fail(Errno::inval);
  TRY(require_thread(static_cast<i32>(frame.rdi)));
  TRY(store(frame.rsi, std::array<u64, 2>{0, kSlice}));
  return u64{0};
}

Outcome<u64> sched_getattr(SyscallFrame& frame) {
  const u32 size = static_cast<u32>(frame.rdx);
  if (frame.rsi == 0 || static_cast<i32>(frame.rdi) < 0 || size < kFirstAttributesSize || size > kPageSize)
    return fail(Errno::inval);
  if (static_cast<u32>(frame.r10) != 0) return fail(Errno::inval);
  TRY(require_thread(static_cast<i32>(frame.rdi)));
  SchedulingAttributes attributes{};
  attributes.size = size < sizeof(attributes) ? size : sizeof(attributes);
  TRY(write_program(frame.rsi, &attributes, attributes.size));
  return u64{0};
}

Outcome<u64> sched_setattr(SyscallFrame& frame) {
  constexpr u64 kResetOnFork = 1, kThereAre = 0x7f;
  if (frame.rsi == 0 || static_cast<i32>(frame.rdi) < 0 || static_cast<u32>(frame.rdx) != 0) return fail(Errno::inval);
  SchedulingAttributes attributes{};
  u32 size = TRY(load<u32>(frame.rsi));
  if (size == 0) size = kFirstAttributesSize;
  bool fits = size >= kFirstAttributesSize && size <= kPageSize;
  for (u64 at = sizeof(attributes); fits && at < size; ++at) fits = TRY(load<u8>(frame.rsi + at)) == 0;
  if (!fits) {
    TRY(store(frame.rsi, static_cast<u32>(sizeof(attributes))));
    return fail(Errno::toobig);
  }
  TRY(read_program(&attributes, frame.rsi, size < sizeof(attributes) ? size : sizeof(attributes)));
  const auto policy = static_cast<i32>(attributes.policy);
  if (policy < 0) return fail(Errno::inval);
  TRY(require_thread(static_cast<i32>(frame.rdi)));
  if (!is_policy(policy) || (attributes.flags & ~kThereAre) != 0 || attributes.priority > kMostRealTime)
    return fail(Errno::inval);
  if (policy != kDeadline && is_real_time(policy) != (attributes.priority != 0)) return fail(Errno::inval);
  if (policy != kOther || attributes.nice != 0 || (attributes.flags & ~kResetOnFork) != 0) return fail(Errno::perm);
  return u64{0};
}

// Linux's answer: 20 less the nice value.
Outcome<u64> getpriority(SyscallFrame& frame) {
  constexpr u64 kNiceIsZero = 20;
  TRY(require_subject(frame.rdi, static_cast<i32>(frame.rsi)));
  return kNiceIsZero;
}

Outcome<u64> setpriority(SyscallFrame& frame) {
  TRY(require_subject(frame.rdi, static_cast<i32>(frame.rsi)));
  return static_cast<i32>(frame.rdx) == 0 ? Outcome<u64>(u64{0}) : fail(Errno::acces);
}

Outcome<u64> sched_getaffinity(SyscallFrame& frame) {
  if (frame.rsi < 8 || !is_aligned(frame.rsi, 8)) return fail(Errno::inval);
  TRY(require_thread(static_cast<i32>(frame.rdi)));
  TRY(store(frame.rdx, processors()));
  return u64{8};
}

// The host places threads as it likes; a program that asks for processors which it was told exist gets no error.
Outcome<u64> sched_setaffinity(SyscallFrame& frame) {
  u64 wanted = 0;
  TRY(read_program(&wanted, frame.rdx, frame.rsi < sizeof(wanted) ? frame.rsi : sizeof(wanted)));
  TRY(require_thread(static_cast<i32>(frame.rdi)));
  if ((wanted & processors()) == 0) return fail(Errno::inval);
  return u64{0};
}

Outcome<u64> getcpu(SyscallFrame& frame) {
  if (frame.rdi != 0) TRY(store(frame.rdi, u32{0}));
  if (frame.rsi != 0) TRY(store(frame.rsi, u32{0}));
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
