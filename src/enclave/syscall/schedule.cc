// SPDX-License-Identifier: Apache-2.0
//
// Scheduling. The host schedules, so every thread is SCHED_OTHER with priority 0, and asking for anything else is EPERM.
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
