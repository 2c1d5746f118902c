// SPDX-License-Identifier: Apache-2.0
//
// Signals: actions, masks, pending sets, and who gets what. Synchronous ones come from the SSA (exception.cc), all others from
// the program itself.
#pragma once

#include "enclave/errno.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

SignalAction signal_action(u32 number);
/// An action that ignores the signal discards what is pending of it.
void set_signal_action(u32 number, const SignalAction& action);

/// Makes `number` pending for the process, or for one thread, and gets a thread's attention. EAGAIN when it must be queued with
/// its details and there is no room, ESRCH when there is no such thread; number 0 only asks whether there is.
Outcome<> send_to_process(u32 number, const SignalDetail& detail);
Outcome<> send_to_thread(i32 tid, u32 number, const SignalDetail& detail);
/// What there is to know of a signal that a thread of this process sends.
SignalDetail from_this_process(i32 code, u64 value);
/// Sends such a one to `target` (or to the process, with nullptr).
void send_signal(ThreadBlock* target, u32 number, i32 code, u64 value);

/// Sets the calling thread's mask and notes whether something pending may now be delivered.
void set_blocked(ThreadBlock& thread, u64 mask);

/// For a system call with a mask of its own, such as ppoll: `mask` holds until the call has returned. A signal that ends such a
/// call does so with Errno::restart_unhandled, and is delivered under this mask.
void set_mask_for_call(ThreadBlock& thread, u64 mask);
/// The mask from before set_mask_for_call, if there was one.
void restore_mask(ThreadBlock& thread);

/// True when a signal waits that ends blocking calls of the calling thread.
bool has_deliverable_signal(ThreadBlock& thread);

/// Takes the next signal off the pending sets. False when there is none of the `wanted`.
bool take_signal(ThreadBlock& thread, u64 wanted, u32& number, SignalInfo& info);
u64 pending_signals(const ThreadBlock& thread);

/// The thread ends: its pending signals are forgotten, those of the process find somebody else.
void leave_signals_behind(ThreadBlock& thread);

/// Changes `state` (interrupted registers in SSA form) so that the thread goes on in the handler of `number`; kills the process
/// when there is none or its stack is unusable. Only called on the exception path, with the program interrupted.
void deliver(ThreadBlock& thread, isa::SsaGpr& state, u32 number, const SignalInfo& info, u64 trap, u64 error, u64 address);
/// Loads the registers of the signal frame that the program returns from.
void restore_signal_frame(ThreadBlock& thread, isa::SsaGpr& state);

}  // namespace sgxx::enclave
