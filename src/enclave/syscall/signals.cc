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

/// Whom kill(2) means: this process, by its number or as the only one of its group. There is no other.
Outcome<> require_process(i64 process) {
  if (process != kProcessId && process != 0 && process != -kProcessId) return fail(Errno::srch);
  return {};
}

Outcome<u64> send(i32 tid, u64 number, const SignalDetail& detail) {
  if (number > kSignals) return fail(Errno::inval);
  const u32 signal = static_cast<u32>(number);
  if (tid != 0) TRY(send_to_thread(tid, number == sig::kill ? 0 : signal, detail));
  if (number == sig::kill) die_by_signal(sig::kill);
  if (tid == 0 && number != 0) TRY(send_to_process(signal, detail));
  return u64{0};
}

/// What the program says of a signal that it queues for itself.
Outcome<SignalDetail> load_detail(u64 address) {
  const SignalInfo info = TRY(load<SignalInfo>(address));
  return SignalDetail{info.code, info.error, info.field0, info.value, 0, 0};
}

/// Waits for a signal that runs a handler. One that another thread takes, or that turns out to be ignored, is none.
Outcome<u64> suspend(ThreadBlock& thread) {
  while (!has_deliverable_signal(thread)) (void)sleep_until(~u64{0});
  return fail(Errno::restart_unhandled);
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
  const u64 old = thread.signals.blocked.load();
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
  using namespace signal_stack;
  constexpr u64 kMinimum = 2048;
  SignalStack& stack = current().signals.stack;
  const bool on_it = is_on_stack(stack, frame.rsp);
  SignalStack old = stack;
  if (on_it) old.flags |= in_use;
  if (frame.rdi != 0) {
    SignalStack next = TRY(load<SignalStack>(frame.rdi));
    if (on_it) return fail(Errno::perm);
    const i32 mode = next.flags & ~disarm;
    if (mode != 0 && mode != in_use && mode != disabled) return fail(Errno::inval);
    next.flags &= disabled | disarm;
    if ((next.flags & disabled) != 0) {
      next.address = next.size = 0;
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
  const u64 pending = pending_signals(current()) & current().signals.blocked.load();
  TRY(write_program(frame.rdi, &pending, frame.rsi));
  return u64{0};
}

Outcome<u64> rt_sigsuspend(SyscallFrame& frame) {
  if (frame.rsi != kMaskSize) return fail(Errno::inval);
  const u64 mask = TRY(load<u64>(frame.rdi));
  ThreadBlock& thread = current();
  set_mask_for_call(thread, mask);
  return suspend(thread);
}

Outcome<u64> pause(SyscallFrame&) { return suspend(current()); }

Outcome<u64> rt_sigtimedwait(SyscallFrame& frame) {
  if (frame.r10 != kMaskSize) return fail(Errno::inval);
  const u64 wanted = TRY(load<u64>(frame.rdi)) & ~sig::unblockable;
  u64 deadline = ~u64{0};
  if (frame.rdx != 0) {
    const u64 duration = TRY(load_time(frame.rdx));
    deadline = deadline_after(duration);
  }
  ThreadBlock& thread = current();
  u32 number = 0;
  SignalInfo info;
  Outcome<> ended;
  thread.signals.waited.store(wanted);
  while (!take_signal(thread, wanted, number, info) && ended.ok()) {
    ended = sleep_until(deadline);
    // Asleep with the wanted signals let in, so that they wake us; they are taken here, never delivered.
    if (!ended.ok() && ended.error() == Errno::restart && (pending_signals(thread) & wanted) != 0) ended = {};
  }
  thread.signals.waited.store(0);
  if (number == 0) return fail(ended.error() == Errno::timedout ? Errno::again : Errno::intr);
  if (frame.rsi != 0) TRY(store(frame.rsi, info));
  return u64{number};
}

Outcome<u64> kill(SyscallFrame& frame) {
  TRY(require_process(static_cast<i32>(frame.rdi)));
  return send(0, frame.rsi, from_this_process(si::user, 0));
}

Outcome<u64> tkill(SyscallFrame& frame) {
  const i32 tid = static_cast<i32>(frame.rdi);
  if (tid <= 0) return fail(Errno::inval);
  return send(tid, frame.rsi, from_this_process(si::tkill, 0));
}

Outcome<u64> tgkill(SyscallFrame& frame) {
  const i32 process = static_cast<i32>(frame.rdi), tid = static_cast<i32>(frame.rsi);
  if (process <= 0 || tid <= 0) return fail(Errno::inval);
  if (process != kProcessId) return fail(Errno::srch);
  return send(tid, frame.rdx, from_this_process(si::tkill, 0));
}

Outcome<u64> rt_sigqueueinfo(SyscallFrame& frame) {
  const SignalDetail detail = TRY(load_detail(frame.rdx));
  // Linux lets a process say of itself what it likes; only the process itself can be meant here.
  if (static_cast<i32>(frame.rdi) != kProcessId) return fail(Errno::srch);
  return send(0, frame.rsi, detail);
}

Outcome<u64> rt_tgsigqueueinfo(SyscallFrame& frame) {
  const i32 process = static_cast<i32>(frame.rdi), tid = static_cast<i32>(frame.rsi);
  const SignalDetail detail = TRY(load_detail(frame.r10));
  if (process <= 0 || tid <= 0) return fail(Errno::inval);
  if (process != kProcessId) return fail(Errno::srch);
  return send(tid, frame.rdx, detail);
}

}  // namespace sgxx::enclave::syscall
