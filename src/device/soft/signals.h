// SPDX-License-Identifier: Apache-2.0
//
// Signals are the software SGX's interrupts and exceptions. A signal that finds a thread in an enclave is an asynchronous exit;
// one that finds it in a transition sees that transition undone or finished; one that finds host code is the host's affair.
//
//   SIGSEGV SIGBUS SIGILL SIGFPE SIGTRAP SIGSYS   exceptions, when the kernel sent them for enclave code; else the host's own
//   fate interrupt_signal()                            Device::interrupt SIGALRM SIGVTALRM SIGPROF SIGUSR1 SIGUSR2 SIGIO SIGURG
//   SIGWINCH SIGCHLD and the other real-time signals, where the process has no handler of its own                     absorbed:
//   an asynchronous exit and ERESUME, nothing else all others (SIGINT, SIGTERM, ...)             untouched
//
// A handler that the host installs for other signals must use SA_ONSTACK: it may interrupt enclave code.
#pragma once

#include <signal.h>
#include <ucontext.h>

#include "base/error.h"
#include "device/soft/aex.h"
#include "device/soft/records.h"

namespace sgxx::device::soft {

/// Installs the handlers, once for the process.
Result<void> install_signal_handlers();

int interrupt_signal();

/// Leaves the enclave with an exception: an asynchronous exit whose cause `Device::enter` reports. Signal context.
void leave_with_exception(ThreadRecord& record, ucontext_t& context, const Event& event);

/// Completes an EEXIT to RBX, whatever part of it has been done. Signal context.
void complete_eexit(ThreadRecord& record, ucontext_t& context);

}  // namespace sgxx::device::soft
