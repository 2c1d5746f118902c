// SPDX-License-Identifier: Apache-2.0
#include "enclave/entry.h"
#include "enclave/signal/attention.h"
#include "enclave/signal/signals.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave {
namespace {

u64 value_of(ThreadBlock& thread, SyscallFrame& frame, Outcome<u64> outcome) {
  if (outcome.ok()) return *outcome;
  if (is_restart(outcome.error())) {
    thread.restart_number = frame.number;
    thread.signal_pending.store(1);
  }
  return static_cast<u64>(-static_cast<i64>(outcome.error()));
}

/// One outcome for all calls: of two hundred the compiler would keep as many on the stack.
Outcome<u64> serve(SyscallFrame& frame) {
  switch (frame.number) {
#define SGXX_X(number, name, function) \
  case number: return syscall::function(frame);
    SGXX_SYSCALLS(SGXX_X)
#undef SGXX_X
#define SGXX_X(index, name, text) \
  case abi::kFirstProgramCall + (index): return syscall::name(frame);
    SGXX_PROGRAM_CALLS(SGXX_X)
#undef SGXX_X
    default: return fail(Errno::nosys);
  }
}

}  // namespace

extern "C" u64 serve_syscall(SyscallFrame* frame) { return value_of(current(), *frame, serve(*frame)); }

/// Whether the way back to the program leads through the exception handler: a signal to deliver, or a call to start again.
extern "C" u32 prepare_return(SyscallFrame* frame) {
  ThreadBlock& thread = current();
  // What comes between this look and the exchange is seen when the way out looks again.
  if (thread.signal_pending.load() == 0 || thread.signal_pending.exchange(0) == 0) return 0;
  attend_if_told(thread);
  const auto ended = static_cast<Errno>(-static_cast<i64>(frame->rax));
  if (ended != Errno::restart_unhandled) restore_mask(thread);
  return has_deliverable_signal(thread) || is_restart(ended);
}

}  // namespace sgxx::enclave
