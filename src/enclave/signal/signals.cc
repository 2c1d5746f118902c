// SPDX-License-Identifier: Apache-2.0
#include "enclave/signal/signals.h"

#include "enclave/file/signal_file.h"
#include "enclave/host_call.h"
#include "enclave/lock.h"
#include "enclave/signal/attention.h"
#include "enclave/signal/queue.h"
#include "enclave/signal/timers.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

constinit SpinLock action_lock;
SignalAction actions[kSignals];
constinit std::atomic<u64> ignored{sig::ignored_by_default};

bool ignores(u32 number, const SignalAction& action) {
  return action.handler == 1 || (action.handler == 0 && (sig::ignored_by_default & sig::bit(number)) != 0);
}

u64 let_in(const ThreadBlock& thread) { return ~thread.signals.blocked.load() | thread.signals.waited.load(); }

/// Gets a thread to look at its pending signals, wherever it is. One that sleeps, or is about to, looks when it is woken.
void nudge(ThreadBlock& thread) {
  thread.signal_pending.store(1);
  if (&thread == &current()) return;
  if (thread.waiting.load() != 0) return host::wake(thread.index);
  host::thread_interrupt(thread.index);
}

/// Finds a thread for a signal of the process. Whoever unblocks it later finds it himself.
void nudge_somebody(u32 number) {
  ThreadBlock* const target = find_thread([number](ThreadBlock& thread) { return (let_in(thread) & sig::bit(number)) != 0; });
  if (target != nullptr) nudge(*target);
}

/// This thread will not take the process's signals of `numbers`: somebody else shall.
void pass_on(u64 numbers) {
  for (u64 left = process_signals().set.load() & numbers; left != 0; left &= left - 1) {
    nudge_somebody(static_cast<u32>(__builtin_ctzll(left)) + 1);
  }
}

/// A signal that is ignored is dropped, unless it is blocked: the action may be another one when it is let in.
bool is_dropped(const ThreadBlock* target, u32 number) {
  if ((ignored.load() & sig::bit(number)) == 0) return false;
  const SignalState& signals = (target == nullptr ? thread_block(0) : *target).signals;
  return ((signals.blocked.load() | signals.waited.load()) & sig::bit(number)) == 0;
}

}  // namespace

SignalAction signal_action(u32 number) {
  Guard guard(action_lock);
  return actions[number - 1];
}

void set_signal_action(u32 number, const SignalAction& action) {
  const u64 bit = sig::bit(number);
  {
    Guard guard(action_lock);
    actions[number - 1] = action;
    if (!ignores(number, action)) {
      ignored.fetch_and(~bit);
      return;
    }
    ignored.fetch_or(bit);
  }
  discard_signals(process_signals(), bit);
  for (u32 i = 0; i < enclave_config.thread_count; ++i) discard_signals(thread_block(i).signals.pending, bit);
}

Outcome<> send_to_process(u32 number, const SignalDetail& detail) {
  if (is_dropped(nullptr, number)) return {};
  TRY(queue_signal(process_signals(), 0, number, detail));
  nudge_somebody(number);
  SignalFile::on_signal(number);
  return {};
}

Outcome<> send_to_thread(i32 tid, u32 number, const SignalDetail& detail) {
  ThreadBlock* const target = find_thread([tid](ThreadBlock& thread) { return thread.tid == tid; });
  if (target == nullptr) return fail(Errno::srch);
  if (number == 0 || is_dropped(target, number)) return {};
  TRY(queue_signal(target->signals.pending, tid, number, detail));
  nudge(*target);
  SignalFile::on_signal(number);
  return {};
}

SignalDetail from_this_process(i32 code, u64 value) { return {code, 0, kProcessId | u64{kUserId} << 32, value, 0, 0}; }

void send_signal(ThreadBlock* target, u32 number, i32 code, u64 value) {
  const SignalDetail detail = from_this_process(code, value);
  (void)(target == nullptr ? send_to_process(number, detail) : send_to_thread(target->tid, number, detail));
}

u64 pending_signals(const ThreadBlock& thread) { return thread.signals.pending.set.load() | process_signals().set.load(); }

void set_blocked(ThreadBlock& thread, u64 mask) {
  mask &= ~sig::unblockable;
  const u64 before = thread.signals.blocked.exchange(mask);
  const u64 dropped = before & ~mask & ignored.load();
  discard_signals(thread.signals.pending, dropped);
  discard_signals(process_signals(), dropped);
  if ((pending_signals(thread) & ~mask) != 0) thread.signal_pending.store(1);
  if ((process_signals().set.load() & mask & ~before) != 0 && thread.in_exception == 0) pass_on(mask & ~before);
}

void set_mask_for_call(ThreadBlock& thread, u64 mask) {
  thread.signals.saved_mask = thread.signals.blocked.load();
  thread.signals.has_saved_mask = 1;
  set_blocked(thread, mask);
  thread.signal_pending.store(1);  // so that prepare_return takes it back
}

void restore_mask(ThreadBlock& thread) {
  if (thread.signals.has_saved_mask == 0) return;
  thread.signals.has_saved_mask = 0;
  set_blocked(thread, thread.signals.saved_mask);
}

bool has_deliverable_signal(ThreadBlock& thread) {
  attend_if_told(thread);
  const u64 deliverable = ~thread.signals.blocked.load() & ~ignored.load();
  return (pending_signals(thread) & (deliverable | thread.signals.waited.load())) != 0;
}

bool take_signal(ThreadBlock& thread, u64 wanted, u32& number, SignalInfo& info) {
  TakenSignal taken = unqueue_signal(thread.signals.pending, wanted);
  if (taken.number == 0) taken = unqueue_signal(process_signals(), wanted);
  if (taken.number == 0) return false;
  number = taken.number;
  info = {};
  info.number = static_cast<i32>(number);
  info.code = taken.detail.code;
  info.error = taken.detail.error;
  info.field0 = taken.detail.field0;
  info.value = taken.detail.value;
  if (taken.detail.timer != 0) complete_timer_signal(taken.detail, info);
  return true;
}

void leave_signals_behind(ThreadBlock& thread) {
  thread.signals.blocked.store(~u64{0});
  close_signals(thread.signals.pending);
  pass_on(~u64{0});
}

}  // namespace sgxx::enclave
