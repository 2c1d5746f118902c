// SPDX-License-Identifier: Apache-2.0
//
// One function for each host call. Each leaves the enclave, and checks the reply before anyone sees it: a count is at most what
// was asked, an error is an errno the call may have; what cannot be right ends the enclave.
#pragma once

#include "abi/host_call.h"
#include "base/address.h"
#include "enclave/errno.h"

namespace sgxx::enclave::host {

/// Writes up to kHostDataSize bytes of program memory to a standard stream; how many were written (at least 1 of a non-empty
/// request). EFAULT, EAGAIN, EBADF, EINTR, EIO, ENOSPC, EPIPE.
Outcome<u64> stream_write(u32 stream, u64 program_address, u64 length);
/// Reads up to kHostDataSize bytes; 0 at the end.
Outcome<u64> stream_read(u32 stream, u64 program_address, u64 length);
/// Ready bits among `interest`; none after the timeout.
Outcome<u64> stream_poll(u64 interest, i64 timeout_nanoseconds);
/// Nanoseconds of a host clock: a hint, not below 0. `thread` says whose CLOCK_THREAD_CPUTIME_ID.
u64 clock_read(u32 clock, u32 thread = 0);
/// Sleeps until the deadline (CLOCK_MONOTONIC ns; ~0 for ever) or a wake-up. Either may be a lie: the caller looks again.
void wait(u64 deadline);
void wake(u32 thread);
/// False when the host cannot start another thread.
bool thread_start(u32 thread);
void thread_interrupt(u32 thread);
/// Page-table rights; the host may lie, EPCM's rights stay.
void protect(u64 address, u64 length, Permission permission);
[[noreturn]] void exit(u32 code, u32 signal);
void yield();

}  // namespace sgxx::enclave::host
