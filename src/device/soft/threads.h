// SPDX-License-Identifier: Apache-2.0
//
// Host threads that may enter: their records, their alternate signal stacks, and what the kernel must do for them (Syscall User
// Dispatch, so that a system call inside ELRANGE is #UD).
#pragma once

#include <ucontext.h>

#include "base/error.h"
#include "device/soft/records.h"

namespace sgxx::device::soft {

/// The calling thread's record, made on first use: alternate signal stack and all. It lives as long as the thread.
Result<ThreadRecord*> attach_calling_thread(EnclaveRange elrange, SoftOptions options);

/// The calling thread's record, or null when it has not attached.
ThreadRecord* calling_thread();

/// An instruction that faults only because a thread attached with SoftOptions: executes it for host code (CPUID, RDTSC, RDTSCP)
/// and steps over it. False when it is none of them. Signal context.
bool execute_for_host(ucontext_t& context);

}  // namespace sgxx::device::soft

extern "C" {
/// The arena of all slots: what the signal entry checks RSP against.
extern sgxx::u64 sgxx_soft_arena_begin;
extern sgxx::u64 sgxx_soft_arena_length;
}
