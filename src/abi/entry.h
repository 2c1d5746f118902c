// SPDX-License-Identifier: Apache-2.0
//
// How control crosses the boundary.
//
// EENTER, CSSA = 0. The host sets RDI to an EnterKind and, for `start`, RSI to the address of its HostArea for that thread
// (entry_constants.h has the numbers). Nothing else is read. Which kind is allowed is decided by the thread's state in
// enclave memory, never by the host: `start` only on a TCS that is idle and (the first thread excepted) that the enclave asked
// the host to start; `call_return` only when a host call is outstanding. Anything else aborts the enclave for good.
//
// EENTER, CSSA = 1: exception entry. No input is read: the cause comes from the SSA. Answered by EEXIT with `resume`.
//
// EEXIT. RDI holds an ExitKind; RSP and RBP are the host's as they were at EENTER; RBX and RCX are what EEXIT needs; every
// other register, flag and state component holds a constant. `host_call`: the request lies in the HostArea. `abort`: RSI holds
// an AbortReason.
#pragma once

#include "abi/entry_constants.h"
#include "base/bytes.h"

namespace sgxx::abi {

enum class EnterKind : u64 { start = SGXX_ENTER_START, call_return = SGXX_ENTER_RETURN };

enum class ExitKind : u64 {
  host_call = SGXX_EXIT_HOST_CALL,      // serve HostArea::call, then EENTER with call_return
  resume = SGXX_EXIT_RESUME,            // exception handled: ERESUME
  thread_done = SGXX_EXIT_THREAD_DONE,  // the thread ended; its TCS is idle again
  abort = SGXX_EXIT_ABORT,              // the enclave ended itself; every later entry answers the same
};

/// Why the enclave ended itself. One table: names and texts come out of it.
#define SGXX_ABORT_REASONS(X)                                                                                          \
  X(bad_entry, 1, "the host entered a thread in a way its state does not allow")                                       \
  X(bad_host_area, 2, "the host gave a buffer that does not lie outside the enclave")                                  \
  X(bad_start, 3, "the host's start information is malformed")                                                         \
  X(bad_host_reply, 4, "the host answered a call with something that cannot be right")                                 \
  X(bad_cpuid, 5, "the host's CPUID table contradicts the enclave's attributes or hides AES or RDRAND")                \
  X(no_randomness, 6, "RDRAND gave no random numbers")                                                                 \
  X(bad_config, 7, "the measured configuration is malformed")                                                          \
  X(runtime_fault, 8, "the trusted runtime faulted")                                                                   \
  X(assertion, 9, "an invariant of the trusted runtime does not hold")                                                 \
  X(memory_refused, 13, "the host did not add a page of memory that was asked for, or added another one")              \
  X(volume_damaged, 14, "an encrypted volume is damaged: what the host has is not what was written")                   \
  X(volume_key, 15, "an encrypted volume does not open with a key of this enclave or its signer")                      \
  X(volume_rolled_back, 16, "an encrypted volume is an old one: its newest state is known to be another")              \
  X(volume_absent, 17, "there is no encrypted volume, and the manifest lets none be made")                             \
  X(volume_in_use, 18, "an encrypted volume is open in another enclave")                                               \
  X(volume_refused, 19, "the host did not let an encrypted volume be opened or made")                                  \
  X(volume_memory, 20, "the heap is too small for the names of an encrypted volume")                                   \
  X(volume_not_kept, 21, "an encrypted volume lost what the program left unsynchronised: see the host's disk")         \
  X(volume_full, 22, "an encrypted volume lost what the program left unsynchronised: it, or the host's disk, is full") \
  X(volume_version, 23, "an encrypted volume has a format that this sgxx does not read: another version made it")

enum class AbortReason : u64 {
#define SGXX_X(name, number, text) name = number,
  SGXX_ABORT_REASONS(SGXX_X)
#undef SGXX_X
};

constexpr const char* text_of(AbortReason reason) {
  switch (reason) {
#define SGXX_X(name, number, text) \
  case AbortReason::name: return text;
    SGXX_ABORT_REASONS(SGXX_X)
#undef SGXX_X
  }
  return "unknown reason";
}

}  // namespace sgxx::abi
