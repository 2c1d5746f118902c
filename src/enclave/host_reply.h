// SPDX-License-Identifier: Apache-2.0
//
// What the functions of host_call.h and net/socket_calls.h are made of: the way out, and the checks on what came back.
#pragma once

#include "abi/host_call.h"
#include "enclave/abort.h"
#include "enclave/entry.h"
#include "enclave/host_memory.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave::host {

/// Where the calling thread's HostArea has its `data`.
inline HostAddr data_address() { return current().host_area + offsetof(abi::HostArea, data); }

/// Leaves the enclave with a request and returns the host's raw reply, fetched once.
i64 call(abi::HostCallNumber number, u64 arg0 = 0, u64 arg1 = 0, u64 arg2 = 0, u64 arg3 = 0, u64 arg4 = 0);

/// A reply that is 0 to `most`, or one of `errors`; anything else ends the enclave.
template <Errno... errors>
Outcome<u64> count_or_error(i64 reply, u64 most) {
  if (reply >= 0 && static_cast<u64>(reply) <= most) {
    asm volatile("lfence" ::: "memory");  // the count bounds a copy: no speculation past its check
    return static_cast<u64>(reply);
  }
  if (((reply == -static_cast<i64>(errors)) || ...)) return fail(static_cast<Errno>(-reply));
  abort_enclave(abi::AbortReason::bad_host_reply);
}

/// A reply that is 0 or one of `errors`.
template <Errno... errors>
Outcome<> nothing_or_error(i64 reply) {
  TRY((count_or_error<errors...>(reply, 0)));
  return {};
}

}  // namespace sgxx::enclave::host
