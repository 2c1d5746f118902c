// SPDX-License-Identifier: Apache-2.0
//
// Queues of pending signals: one for each thread, in its block, and one for the process. Entries come from one pool, because a
// program may queue as many real-time signals as there is room for; a signal that finds none is still pending, by number alone.
#pragma once

#include "enclave/errno.h"
#include "enclave/signal/signal_types.h"

namespace sgxx::enclave {

/// How many signals can wait with their details, over all threads (RLIMIT_SIGPENDING).
inline constexpr u32 kMostQueuedSignals = 1024;

/// What is pending for the process as a whole.
PendingSignals& process_signals();

/// Adds a signal, if the queue still belongs to `owner` (else ESRCH). Below the real-time signals one of a number is enough.
/// EAGAIN when there is no room for a real-time signal that is more than its number.
Outcome<> queue_signal(PendingSignals& pending, i32 owner, u32 number, const SignalDetail& detail);

struct TakenSignal {
  u32 number;  // 0: none
  SignalDetail detail;
};
/// Takes the next of the `wanted` numbers: synchronous ones, then the lowest number; of one number the oldest.
TakenSignal unqueue_signal(PendingSignals& pending, u64 wanted);

/// Forgets all pending signals of the numbers in `set`.
void discard_signals(PendingSignals& pending, u64 set);
/// A thread's queue takes signals from now on, or no longer.
void open_signals(PendingSignals& pending, i32 owner);
void close_signals(PendingSignals& pending);

}  // namespace sgxx::enclave
