// SPDX-License-Identifier: Apache-2.0
#include "enclave/signal/signals.h"

#include "enclave/host_call.h"
#include "enclave/lock.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

constinit SpinLock action_lock;
SignalAction actions[kSignals];
std::atomic<u64> process_pending;
std::array<SignalState::Detail, kSignals> process_detail;

bool is_ignored(u32 number) {
  const u64 handler = signal_action(number).handler;
  return handler == 1 || (handler == 0 && ignored_by_default(number));
}

/// Gets a thread to look at its pending signals, wherever it is.
void nudge(ThreadBlock& thread) {
  thread.signal_pending.store(1);
  if (&thread == &current()) return;
  if (thread.waiting.load() != 0) {
    host::wake(thread.index);
  }
  host::thread_interrupt(thread.index);
}

}  // namespace

SignalAction signal_action(u32 number) {
  Guard guard(action_lock);
  return actions[number - 1];
}

void set_signal_action(u32 number, const SignalAction& action) {
  Guard guard(action_lock);
  actions[number - 1] = action;
}

void send_signal(ThreadBlock* target, u32 number, i32 code, u64 value) {
  if (is_ignored(number)) {
    // A blocked signal stays pending even when it is ignored now; POSIX allows to discard it.
    return;
  }
  const SignalState::Detail detail{code, kProcessId, value};
  if (target == nullptr) {
    process_detail[number - 1] = detail;
    process_pending.fetch_or(sig::bit(number));
    target = find_thread([number](ThreadBlock& thread) { return (thread.signals.blocked & sig::bit(number)) == 0; });
    if (target == nullptr) return;  // whoever unblocks it gets it
  } else {
    target->signals.detail[number - 1] = detail;
    target->signals.pending.fetch_or(sig::bit(number));
  }
  nudge(*target);
}

u64 pending_signals(const ThreadBlock& thread) { return thread.signals.pending.load() | process_pending.load(); }

void set_blocked(ThreadBlock& thread, u64 mask) {
  thread.signals.blocked = mask & ~sig::unblockable;
  if ((pending_signals(thread) & ~thread.signals.blocked) != 0) thread.signal_pending.store(1);
}

bool has_deliverable_signal(ThreadBlock& thread) { return (pending_signals(thread) & ~thread.signals.blocked) != 0; }

bool take_signal(ThreadBlock& thread, u64 wanted, u32& number, SignalInfo& info) {
  for (;;) {
    const u64 own = thread.signals.pending.load() & wanted;
    const u64 shared = process_pending.load() & wanted;
    if ((own | shared) == 0) return false;
    const bool from_own = own != 0;
    number = static_cast<u32>(__builtin_ctzll(from_own ? own : shared)) + 1;
    std::atomic<u64>& set = from_own ? thread.signals.pending : process_pending;
    if ((set.fetch_and(~sig::bit(number)) & sig::bit(number)) == 0) continue;  // another thread took it
    const SignalState::Detail detail = (from_own ? thread.signals.detail : process_detail)[number - 1];
    info = {};
    info.number = static_cast<i32>(number);
    info.code = detail.code;
    info.field0 = static_cast<u32>(detail.sender) | u64{kUserId} << 32;
    info.value = detail.value;
    return true;
  }
}

}  // namespace sgxx::enclave
