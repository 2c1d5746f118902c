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

/// A member of the calling thread's HostArea, at a place that the compiler knows. All of the area was checked when the thread
/// started, and where it lies is in the enclave's own memory: nothing is left to check, and nothing to speculate on.
template <Crossable T, u64 offset>
T fetch_member() {
  static_assert(offset % 8 == 0 && sizeof(T) % 8 == 0 && offset + sizeof(T) <= sizeof(abi::HostArea));
  T value;
  copy_words_from_host(&value, current().host_area.value + offset, sizeof(T) / 8);
  return value;
}
template <u64 offset, Crossable T>
void put_member(const T& value) {
  static_assert(offset % 8 == 0 && sizeof(T) % 8 == 0 && offset + sizeof(T) <= sizeof(abi::HostArea));
  copy_words_to_host(current().host_area.value + offset, &value, sizeof(T) / 8);
}

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
