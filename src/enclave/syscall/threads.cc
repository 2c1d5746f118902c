// SPDX-License-Identifier: Apache-2.0
//
// Threads and futexes.
#include "enclave/thread/threads.h"

#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/fences.h"
#include "enclave/thread/futex.h"
#include "enclave/thread/priority_futex.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kForever = ~u64{0};

/// struct clone_args.
struct CloneArguments {
  u64 flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls, set_tid, set_tid_size, cgroup;
};

/// The deadline of a futex wait: relative for FUTEX_WAIT, absolute otherwise.
Outcome<u64> futex_deadline(u64 address, bool relative, bool realtime) {
  if (address == 0) return kForever;
  const u64 time = TRY(load_time(address));
  if (relative) return deadline_after(time);
  return deadline_at(realtime ? HostClock::realtime : HostClock::monotonic, time);
}

}  // namespace

Outcome<u64> clone(SyscallFrame& frame) {
  return create_thread(
      frame, {.flags = frame.rdi, .stack_top = frame.rsi, .parent_tid = frame.rdx, .child_tid = frame.r10, .tls = frame.r8});
}

// Linux's checks of the argument's shape: what is behind the members that it knows must be zero.
Outcome<u64> clone3(SyscallFrame& frame) {
  constexpr u64 kFirstVersion = 64, kDetached = 0x400000, kSignal = 0xff;
  if (frame.rsi > kPageSize) return fail(Errno::toobig);
  if (frame.rsi < kFirstVersion) return fail(Errno::inval);
  CloneArguments arguments{};
  TRY(read_program(&arguments, frame.rdi, frame.rsi < sizeof(arguments) ? frame.rsi : sizeof(arguments)));
  for (u64 at = sizeof(arguments); at < frame.rsi; ++at) {
    if (TRY(load<u8>(frame.rdi + at)) != 0) return fail(Errno::toobig);
  }
  if (arguments.set_tid != 0 || arguments.set_tid_size != 0 || arguments.exit_signal != 0) return fail(Errno::inval);
  if ((arguments.flags & (kDetached | kSignal)) != 0) return fail(Errno::inval);
  if ((arguments.stack == 0) != (arguments.stack_size == 0)) return fail(Errno::inval);
  const auto top = checked_add(arguments.stack, arguments.stack_size);
  if (!top) return fail(Errno::inval);
  return create_thread(frame, {.flags = arguments.flags,
                               .stack_top = *top,
                               .parent_tid = arguments.parent_tid,
                               .child_tid = arguments.child_tid,
                               .tls = arguments.tls});
}

Outcome<u64> exit(SyscallFrame& frame) { exit_thread(static_cast<u32>(frame.rdi)); }

Outcome<u64> exit_group(SyscallFrame& frame) { exit_process(static_cast<u32>(frame.rdi)); }

Outcome<u64> gettid(SyscallFrame&) { return static_cast<u64>(current().tid); }

Outcome<u64> set_tid_address(SyscallFrame& frame) {
  current().clear_child_tid = frame.rdi;
  return static_cast<u64>(current().tid);
}

Outcome<u64> set_robust_list(SyscallFrame& frame) {
  if (frame.rsi != 24) return fail(Errno::inval);
  current().robust_list = frame.rdi;
  return u64{0};
}

Outcome<u64> futex(SyscallFrame& frame) {
  constexpr u32 kPrivate = 128, kClockRealtime = 256;
  const u32 operation = static_cast<u32>(frame.rsi) & ~(kPrivate | kClockRealtime);
  const bool realtime = (frame.rsi & kClockRealtime) != 0;
  const u64 address = frame.rdi;
  const u32 value = static_cast<u32>(frame.rdx);
  const u32 value2 = static_cast<u32>(frame.r10);
  const u64 target = frame.r8;
  switch (operation) {
    case 0:    // FUTEX_WAIT
    case 9: {  // FUTEX_WAIT_BITSET
      const bool relative = operation == 0;
      const u64 deadline = TRY(futex_deadline(frame.r10, relative, realtime));
      // The C library's mutexes wait in this way, for a word that says "locked, and somebody waits"; nothing else of its does.
      const auto eagerness = relative && value == 2 ? Eagerness::at_leisure : Eagerness::prompt;
      TRY(futex_wait(address, value, relative ? ~u32{0} : static_cast<u32>(frame.r9), deadline, eagerness));
      return u64{0};
    }
    case 1:     // FUTEX_WAKE
    case 10: {  // FUTEX_WAKE_BITSET
      if (!is_aligned(address, 4)) return fail(Errno::inval);
      TRY(check_readable(address, 4));
      const u32 bitset = operation == 1 ? ~u32{0} : static_cast<u32>(frame.r9);
      if (bitset == 0) return fail(Errno::inval);
      return futex_wake(address, value, bitset);
    }
    case 3:  // FUTEX_REQUEUE
      if (static_cast<i32>(value) < 0 || static_cast<i32>(value2) < 0) return fail(Errno::inval);
      return futex_requeue(address, target, value, value2, nullptr);
    case 4: {  // FUTEX_CMP_REQUEUE
      const u32 expected = static_cast<u32>(frame.r9);
      if (static_cast<i32>(value) < 0 || static_cast<i32>(value2) < 0) return fail(Errno::inval);
      return futex_requeue(address, target, value, value2, &expected);
    }
    case 5:  // FUTEX_WAKE_OP
      return futex_wake_op(address, target, value, value2, static_cast<u32>(frame.r9));
    case 6:     // FUTEX_LOCK_PI
    case 13: {  // FUTEX_LOCK_PI2
      const u64 deadline = TRY(futex_deadline(frame.r10, false, operation == 6 || realtime));
      TRY(priority_futex_lock(address, deadline));
      return u64{0};
    }
    case 7:  // FUTEX_UNLOCK_PI
      TRY(priority_futex_unlock(address));
      return u64{0};
    case 8:  // FUTEX_TRYLOCK_PI
      TRY(priority_futex_try_lock(address));
      return u64{0};
    default: return fail(Errno::nosys);
  }
}

Outcome<u64> futex_waitv(SyscallFrame& frame) {
  struct Waited {  // struct futex_waitv
    u64 expected, address;
    u32 flags, reserved;
  };
  constexpr u32 kSize32 = 2, kPrivate = 128;
  constexpr u64 kRealtime = 0, kMonotonic = 1;
  const u64 count = static_cast<u32>(frame.rsi), clock = static_cast<u32>(frame.r8);
  if (static_cast<u32>(frame.rdx) != 0 || frame.rdi == 0 || count == 0 || count > kMostFutexes) return fail(Errno::inval);
  if (frame.r10 != 0 && clock != kRealtime && clock != kMonotonic) return fail(Errno::inval);
  const u64 deadline = TRY(futex_deadline(frame.r10, false, clock == kRealtime));
  std::array<FutexExpectation, kMostFutexes> items;
  for (u64 i = 0; i < count; ++i) {
    const auto waited = TRY(load<Waited>(frame.rdi + i * sizeof(Waited)));
    if ((waited.flags & ~kPrivate) != kSize32 || waited.reserved != 0 || waited.expected >> 32 != 0) return fail(Errno::inval);
    items[i] = {waited.address, static_cast<u32>(waited.expected)};
  }
  return futex_wait_any(items.data(), count, deadline);
}

// What is expedited, or meant for other processes too, is the same in here: a barrier for all threads. Code does not change in an
// enclave, so there is nothing that an instruction fetch could see too late (SYNC_CORE). Without rseq there is none for it.
Outcome<u64> membarrier(SyscallFrame& frame) {
  constexpr u32 kQuery = 0, kGlobal = 1, kGlobalExpedited = 2, kRegisterGlobalExpedited = 4, kPrivateExpedited = 8,
                kRegisterPrivateExpedited = 16, kSyncCore = 32, kRegisterSyncCore = 64;
  constexpr u32 kThereAre = kGlobal | kGlobalExpedited | kRegisterGlobalExpedited | kPrivateExpedited |
                            kRegisterPrivateExpedited | kSyncCore | kRegisterSyncCore;
  static std::atomic<u32> registered{0};
  if (static_cast<u32>(frame.rsi) != 0) return fail(Errno::inval);
  const u32 command = static_cast<u32>(frame.rdi);
  switch (command) {
    case kQuery: return u64{kThereAre};
    case kRegisterGlobalExpedited:
    case kRegisterPrivateExpedited:
    case kRegisterSyncCore: registered.fetch_or(command); return u64{0};
    case kPrivateExpedited:
    case kSyncCore:
      if ((registered.load() & command << 1) == 0) return fail(Errno::perm);
      [[fallthrough]];
    case kGlobal:
    case kGlobalExpedited: fence_all_threads(); return u64{0};
    default: return fail(Errno::inval);
  }
}

Outcome<u64> arch_prctl(SyscallFrame& frame) {
  constexpr u64 kSetFs = 0x1002, kGetFs = 0x1003;
  if (frame.rdi == kSetFs) {
    hide_tunables();
    asm volatile("wrfsbase %0" ::"r"(frame.rsi));
    return u64{0};
  }
  if (frame.rdi == kGetFs) {
    u64 base;
    asm volatile("rdfsbase %0" : "=r"(base));
    TRY(store(frame.rsi, base));
    return u64{0};
  }
  return fail(Errno::inval);
}

}  // namespace sgxx::enclave::syscall
