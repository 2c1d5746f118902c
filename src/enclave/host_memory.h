// SPDX-License-Identifier: Apache-2.0
//
// Host memory, seen from the enclave. It has no operator*: bytes are copied in once and the copy is checked. All copies are in
// aligned 8-byte units; lengths that are not a multiple of 8 are padded, with zeroes on the way out.
#pragma once

#include "base/address.h"
#include "base/bytes.h"
#include "enclave/errno.h"

namespace sgxx::enclave {

/// True when [begin, begin + length) lies wholly outside ELRANGE, does not wrap and is canonical user space.
bool is_outside(HostAddr begin, u64 length);

/// Copies `length` bytes in. `from` must be 8-aligned and, as the whole padded range, have been checked with is_outside.
void copy_in(void* to, HostAddr from, u64 length);
/// Copies `length` bytes out, padded with zeroes to a multiple of 8.
void copy_out(HostAddr to, const void* from, u64 length);

/// Program memory straight to host memory and back; EFAULT when the program's pages fault.
Outcome<> copy_program_to_host(HostAddr to, u64 from, u64 length);
Outcome<> copy_host_to_program(u64 to, HostAddr from, u64 length);

template <Crossable T>
T fetch(HostAddr from) {
  T value;
  copy_in(&value, from, sizeof(T));
  return value;
}

}  // namespace sgxx::enclave
