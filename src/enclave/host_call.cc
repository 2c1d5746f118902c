// SPDX-License-Identifier: Apache-2.0
#include "enclave/host_call.h"

#include "enclave/abort.h"
#include "enclave/entry.h"
#include "enclave/host_memory.h"

namespace sgxx::enclave::host {
namespace {

using abi::HostCallNumber;

HostAddr data_address() { return current().host_area + offsetof(abi::HostArea, data); }

/// Leaves the enclave with a request and returns the host's raw reply, fetched once.
i64 call(HostCallNumber number, u64 arg0 = 0, u64 arg1 = 0, u64 arg2 = 0) {
  const abi::HostCall request{static_cast<u64>(number), {arg0, arg1, arg2, 0, 0}};
  copy_out(current().host_area, &request, sizeof(request));
  leave_for_host();
  return fetch<i64>(current().host_area + offsetof(abi::HostArea, reply));
}

/// A reply that is 0 to `most`, or one of `errors`.
template <i32... errors>
Outcome<u64> count_or_error(i64 reply, u64 most) {
  if (reply >= 0 && static_cast<u64>(reply) <= most) {
    asm volatile("lfence" ::: "memory");  // the count bounds a copy: no speculation past its check
    return static_cast<u64>(reply);
  }
  if (((reply == -errors) || ...)) return fail(static_cast<Errno>(-reply));
  abort_enclave(abi::AbortReason::bad_host_reply);
}

constexpr i32 kEintr = 4, kEio = 5, kEbadf = 9, kEagain = 11, kEnospc = 28, kEpipe = 32, kEisdir = 21, kEfbig = 27;

}  // namespace

Outcome<u64> stream_write(u32 stream, u64 program_address, u64 length) {
  length = length < abi::kHostDataSize ? length : abi::kHostDataSize;
  TRY(copy_program_to_host(data_address(), program_address, length));
  const i64 reply = call(HostCallNumber::stream_write, length, stream);
  return count_or_error<kEintr, kEio, kEbadf, kEagain, kEnospc, kEpipe, kEfbig>(reply, length);
}

Outcome<u64> stream_read(u32 stream, u64 program_address, u64 length) {
  length = length < abi::kHostDataSize ? length : abi::kHostDataSize;
  const i64 reply = call(HostCallNumber::stream_read, length, stream);
  const u64 count = TRY(count_or_error<kEintr, kEio, kEbadf, kEagain, kEisdir>(reply, length));
  TRY(copy_host_to_program(program_address, data_address(), count));
  return count;
}

Outcome<u64> stream_poll(u64 interest, i64 timeout_nanoseconds) {
  const i64 reply = call(HostCallNumber::stream_poll, interest, static_cast<u64>(timeout_nanoseconds));
  const u64 ready = TRY(count_or_error<kEintr>(reply, 0x77));
  return ready & interest;
}

u64 clock_read(u32 clock, u32 thread) {
  const i64 reply = call(HostCallNumber::clock_read, clock, thread);
  return reply < 0 ? 0 : static_cast<u64>(reply);
}

void wait(u64 deadline) { (void)call(HostCallNumber::wait, deadline); }

void wake(u32 thread) { (void)call(HostCallNumber::wake, thread); }

bool thread_start(u32 thread) { return call(HostCallNumber::thread_start, thread) == 0; }

void thread_interrupt(u32 thread) { (void)call(HostCallNumber::thread_interrupt, thread); }

void protect(u64 address, u64 length, Permission permission) {
  (void)call(HostCallNumber::protect, address - enclave_base(), length, permission.bits());
}

void exit(u32 code, u32 signal) {
  for (;;) (void)call(HostCallNumber::exit, code, signal);
}

void yield() { (void)call(HostCallNumber::yield); }

}  // namespace sgxx::enclave::host
