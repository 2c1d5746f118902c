// SPDX-License-Identifier: Apache-2.0
//
// One function for each host call. Each leaves the enclave, and checks the reply before anyone sees it: a count is at most what
// was asked, an error is an errno the call may have; what cannot be right ends the enclave.
#pragma once

#include "abi/host_call.h"
#include "base/address.h"
#include "enclave/errno.h"
#include "enclave/file/transfer.h"
#include "isa/sgx.h"

namespace sgxx::enclave::host {

/// One read or write of at most kHostDataSize bytes; how many were moved. `timeout`: how long the host waits for the file to be
/// ready, ns, 0: not at all (EAGAIN), -1: for ever. EINTR when the thread was woken or interrupted.
Outcome<u64> write(u32 handle, Transfer& transfer, i64 timeout);
Outcome<u64> read(u32 handle, Transfer& transfer, i64 timeout);
/// Fills in `ready` of each entry, at most kMostPollEntries of them: hints. EINTR as above.
Outcome<> poll(abi::PollEntry* entries, u64 count, i64 timeout);
void close(u32 handle);
Outcome<> epoll_create(u32 handle);
Outcome<> epoll_control(u32 handle, u32 operation, u32 target, u32 events, u64 token);
/// Tokens and events as the host says; how many, at most `most`.
Outcome<u64> epoll_wait(u32 handle, abi::EpollReady* ready, u64 most, i64 timeout);
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
/// Asks to be interrupted at `deadline` (CLOCK_MONOTONIC ns, ~0: never) and for signals of `admitted`; the next that came, 0:
/// none.
u32 attend(u64 deadline, u64 admitted);
/// For whom to make a report that becomes a quote: whatever the host says. ENODEV, EIO.
Outcome<> quote_target(isa::TargetInfo& target);
/// A quote of `report`, as the host says, into `room`; its length. EINVAL: the quoting enclave refuses the report. ERANGE: the
/// quote is longer than `room`. ENODEV, EIO, EFAULT.
Outcome<u64> quote(const isa::Report& report, Transfer& room);
[[noreturn]] void exit(u32 code, u32 signal);
void yield();

}  // namespace sgxx::enclave::host
