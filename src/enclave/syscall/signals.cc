// SPDX-License-Identifier: Apache-2.0
//
// Signals: actions, masks, sending, waiting.
#include "enclave/signal/signals.h"

#include "enclave/entry.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/futex.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kMaskSize = 8;

bool is_signal(u64 number) { return number >= 1 && number <= kSignals; }

/// Sends to the process, or to the thread `tid` when it is not 0. Number 0 only asks whether there is somebody.
Outcome<u64> send(i64 process, i64 tid, u64 number, i32 code, u64 value) {
  if (number > kSignals) return fail(Errno::inval);
  ThreadBlock* target = nullptr;
  if (tid != 0) {
    target = find_thread([tid](ThreadBlock& thread) { return thread.tid == tid; });
    if (target == nullptr) return fail(Errno::srch);
  }
  if (process != 0 && process != kProcessId && process != -1 && process != -kProcessId) return fail(Errno::srch);
  if (number == 0) return u64{0};
  if (number == sig::kill) die_by_signal(sig::kill);
  send_signal(target, static_cast<u32>(number), code, value);
  return u64{0};
}

}  // namespace

Outcome<u64> rt_sigaction(SyscallFrame& frame) {
  const u64 number = frame.rdi;
  if (!is_signal(number) || frame.r10 != kMaskSize) return fail(Errno::inval);
  const SignalAction old = signal_action(static_cast<u32>(number));
  if (frame.rsi != 0) {
    if (number == sig::kill || number == sig::stop) return fail(Errno::inval);
    SignalAction action = TRY(load<SignalAction>(frame.rsi));
    if (action.handler > 1 && (action.flags & sa::restorer) == 0) return fail(Errno::inval);
    action.mask &= ~sig::unblockable;
    set_signal_action(static_cast<u32>(number), action);
  }
  if (frame.rdx != 0) TRY(store(frame.rdx, old));
  return u64{0};
}

Outcome<u64> rt_sigprocmask(SyscallFrame& frame) {
  if (frame.r10 != kMaskSize) return fail(Errno::inval);
  ThreadBlock& thread = current();
  const u64 old = thread.signals.blocked;
  if (frame.rsi != 0) {
    const u64 set = TRY(load<u64>(frame.rsi));
    switch (frame.rdi) {
      case 0: set_blocked(thread, old | set); break;
      case 1: set_blocked(thread, old & ~set); break;
      case 2: set_blocked(thread, set); break;
      default: return fail(Errno::inval);
    }
  }
  if (frame.rdx != 0) TRY(store(frame.rdx, old));
  return u64{0};
}

Outcome<u64> rt_sigreturn(SyscallFrame&) { return_from_signal(); }

Outcome<u64> sigaltstack(SyscallFrame& frame) {
  constexpr i32 kOnStack = 1, kDisable = 2;
  constexpr u64 kMinimum = 2048;
  SignalStack& stack = current().signals.stack;
  const bool on_it = (stack.flags & kDisable) == 0 && frame.rsp > stack.address && frame.rsp - stack.address <= stack.size;
  SignalStack old = stack;
  if (on_it) old.flags |= kOnStack;
  if (frame.rdi != 0) {
    SignalStack next = TRY(load<SignalStack>(frame.rdi));
    if (on_it) return fail(Errno::perm);
    if ((next.flags & ~(kOnStack | kDisable)) != 0 && static_cast<u32>(next.flags) != 0x80000000) return fail(Errno::inval);
    next.flags &= kDisable;
    if ((next.flags & kDisable) != 0) {
      next = {0, kDisable, 0, 0};
    } else if (next.size < kMinimum) {
      return fail(Errno::nomem);
    }
    stack = next;
  }
  if (frame.rsi != 0) TRY(store(frame.rsi, old));
  return u64{0};
}

Outcome<u64> rt_sigpending(SyscallFrame& frame) {
  if (frame.rsi > kMaskSize) return fail(Errno::inval);
  const u64 pending = pending_signals(current()) & current().signals.blocked;
  TRY(write_program(frame.rdi, &pending, frame.rsi));
  return u64{0};
}

Outcome<u64> rt_sigsuspend(SyscallFrame& frame) {
  if (frame.rsi != kMaskSize) return fail(Errno::inval);
  const u64 mask = TRY(load<u64>(frame.rdi));
  ThreadBlock& thread = current();
  thread.signals.saved_mask = thread.signals.blocked;
  thread.signals.has_saved_mask = 1;
  set_blocked(thread, mask);
  (void)sleep_until(~u64{0});
  thread.signal_pending.store(1);
  return fail(Errno::intr);
}

Outcome<u64> pause(SyscallFrame&) {
  (void)sleep_until(~u64{0});
  current().signal_pending.store(1);
  return fail(Errno::intr);
}

Outcome<u64> rt_sigtimedwait(SyscallFrame& frame) {
  if (frame.r10 != kMaskSize) return fail(Errno::inval);
  const u64 wanted = TRY(load<u64>(frame.rdi)) & ~sig::unblockable;
  u64 deadline = ~u64{0};
  if (frame.rdx != 0) {
    const u64 duration = TRY(load_time(frame.rdx));
    deadline = deadline_after(duration);
  }
  ThreadBlock& thread = current();
  const u64 mask = thread.signals.blocked;
  for (;;) {
    u32 number = 0;
    SignalInfo info;
    if (take_signal(thread, wanted, number, info)) {
      if (frame.rsi != 0) TRY(store(frame.rsi, info));
      return u64{number};
    }
    // Asleep with the wanted signals let in, so that they wake us; they are taken above, never delivered.
    thread.signals.blocked = mask & ~wanted;
    const Outcome<> ended = sleep_until(deadline);
    thread.signals.blocked = mask;
    if (!ended.ok() && ended.error() == Errno::timedout) return fail(Errno::again);
    if ((pending_signals(thread) & wanted) == 0 && has_deliverable_signal(thread)) {
      thread.signal_pending.store(1);
      return fail(Errno::intr);
    }
  }
}

Outcome<u64> kill(SyscallFrame& frame) { return send(static_cast<i32>(frame.rdi), 0, frame.rsi, si::user, 0); }

Outcome<u64> tkill(SyscallFrame& frame) {
  if (static_cast<i32>(frame.rdi) <= 0) return fail(Errno::inval);
  return send(0, static_cast<i32>(frame.rdi), frame.rsi, si::tkill, 0);
}

Outcome<u64> tgkill(SyscallFrame& frame) {
  if (static_cast<i32>(frame.rdi) <= 0 || static_cast<i32>(frame.rsi) <= 0) return fail(Errno::inval);
  return send(static_cast<i32>(frame.rdi), static_cast<i32>(frame.rsi), frame.rdx, si::tkill, 0);
}

Outcome<u64> rt_sigqueueinfo(SyscallFrame& frame) {
  const SignalInfo info = TRY(load<SignalInfo>(frame.rdx));
  return send(static_cast<i32>(frame.rdi), 0, frame.rsi, info.code, info.value);
}

Outcome<u64> rt_tgsigqueueinfo(SyscallFrame& frame) {
  const SignalInfo info = TRY(load<SignalInfo>(frame.r10));
  return send(static_cast<i32>(frame.rdi), static_cast<i32>(frame.rsi), frame.rdx, info.code, info.value);
}

}  // namespace sgxx::enclave::syscall
