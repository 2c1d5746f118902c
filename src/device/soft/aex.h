// SPDX-License-Identifier: Apache-2.0
//
// The state save area: what an asynchronous exit writes, what ERESUME reads (SDM vol. 3D, "Enclave Exiting Events").
#pragma once

#include <ucontext.h>

#include "device/soft/observer.h"
#include "device/soft/records.h"

namespace sgxx::device::soft {

/// What the processor saw.
struct Event {
  bool exception = false;  // false: an interrupt
  u8 vector = 0;
  u32 error_code = 0;
  u64 address = 0;  // CR2 of a page fault
};

/// Saves the interrupted enclave state of `context` into SSA[CSSA], raises CSSA, leaves the TCS, and replaces the context by
/// the synthetic state at the AEP. The thread's record says which TCS. Called in signal context.
void asynchronous_exit(ThreadRecord& record, ucontext_t& context, const Event& event);

/// ERESUME's checks and reads: locks the TCS, copies SSA[CSSA - 1] into the record, lowers CSSA. False: the leaf faults (#GP).
bool prepare_resume(ThreadRecord& record, TcsState& tcs);

/// EENTER with the registers and state that `instrument` chooses, prepared in the record for loading. False: it chooses nothing.
/// `allowed` becomes false when EENTER faults.
bool prepare_poisoned_enter(Transition& transition, Observer& instrument, bool& allowed);

/// Takes prepare_resume back. Harmless when there is nothing to take back.
void undo_resume(ThreadRecord& record);

/// Makes the return from this signal load the initial state of `components` (XSAVE bits).
void initialise_extended_state(ucontext_t& context, u64 components);

/// The kernel's signal frames say that x87 is in use, always. Where it is in its initial state, `context` does not after this;
/// the processor's own bookkeeping (XINUSE), on which the speed of an exit depends, would come to say so on the return.
void take_initial_x87_out(ucontext_t& context);

/// The state components that this machine has (XCR0).
u64 machine_xcr0();

}  // namespace sgxx::device::soft
