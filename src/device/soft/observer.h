// SPDX-License-Identifier: Apache-2.0
//
// The software SGX as an instrument. An Observer sees every instruction of the threads that enter while it is set (single steps,
// a few microseconds each), may say "an interrupt arrives here" at any of them, and may choose every register and state
// component that an entry leaves to the host. One for the process; set it while no thread is inside.
#pragma once

#include <ucontext.h>

#include <span>

#include "device/soft/records.h"

namespace sgxx::device::soft {

enum class Step {
  go_on,
  stop,       ///< no more steps until the next entry
  interrupt,  ///< as if Device::interrupt's signal had arrived before this instruction; steps go on after ERESUME
};

class Observer {
 public:
  virtual ~Observer() = default;

  /// Whether this entry shall be stepped through.
  virtual bool wants_steps() { return false; }

  /// Before the instruction at RIP, which may be the enclave's (`record.tcs` is set), the microcode's or the host's. Signal
  /// context.
  virtual Step step(ThreadRecord& record, ucontext_t& context) {
    return static_cast<void>(record), static_cast<void>(context), Step::stop;
  }

  /// Before EENTER: the state with which the enclave will start. RIP, the segment bases and RAX, RBX, RCX are the processor's;
  /// the rest may be set to anything that a host could set. `xsave` is a standard-format area. False: an ordinary entry.
  virtual bool poison(LoadedState& state, std::span<u8> xsave) {
    return static_cast<void>(state), static_cast<void>(xsave), false;
  }
};

/// Null for none.
void set_observer(Observer* observer);
Observer* observer();

/// The enclave in a software SGX, for tests that play the kernel; null when there is none, or the device is another one.
Enclave* enclave_of(Device& device);

/// Pages that nobody measured and nobody filled read as this byte instead of zero in enclaves created from now on.
void set_filler_of_unmeasured_pages(u8 byte);
u8 filler_of_unmeasured_pages();

}  // namespace sgxx::device::soft
