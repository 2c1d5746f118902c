// SPDX-License-Identifier: Apache-2.0
//
// Signals of the program's own making: actions, masks, pending sets, and who gets what. Nothing the host sends becomes a signal
// here; synchronous ones come from the SSA (exception.cc).
#pragma once

#include "enclave/errno.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

SignalAction signal_action(u32 number);
void set_signal_action(u32 number, const SignalAction& action);

/// Makes `number` pending for `target` (or for any thread of the process, with nullptr) and gets the thread's attention.
void send_signal(ThreadBlock* target, u32 number, i32 code, u64 value);

/// Sets the calling thread's mask and notes whether something pending may now be delivered.
void set_blocked(ThreadBlock& thread, u64 mask);

/// True when a signal waits that the thread would not ignore: blocking calls return EINTR.
bool has_deliverable_signal(ThreadBlock& thread);

/// Takes the next deliverable signal off the pending sets. False when there is none.
bool take_signal(ThreadBlock& thread, u64 wanted, u32& number, SignalInfo& info);
u64 pending_signals(const ThreadBlock& thread);

/// Changes `state` (interrupted registers in SSA form) so that the thread goes on in the handler of `number`; kills the process
/// when there is none or its stack is unusable. Only called on the exception path, with the program interrupted.
void deliver(ThreadBlock& thread, isa::SsaGpr& state, u32 number, const SignalInfo& info, u64 trap, u64 error, u64 address);
/// Loads the registers of the signal frame that the program returns from.
void restore_signal_frame(ThreadBlock& thread, isa::SsaGpr& state);

/// True for signals whose default action is to do nothing.
constexpr bool ignored_by_default(u32 number) {
  return number == sig::chld || number == sig::cont || number == sig::urg || number == sig::winch;
}

}  // namespace sgxx::enclave
