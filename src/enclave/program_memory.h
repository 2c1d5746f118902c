// SPDX-License-Identifier: Apache-2.0
//
// The program's memory, reached through addresses that the program gave to a system call. They may be anything: a range that
// does not lie in the program's own pages, with the rights needed, is EFAULT, never a fault of the runtime and never an access
// outside the enclave.
#pragma once

#include "base/bytes.h"
#include "enclave/errno.h"

namespace sgxx::enclave {

/// EFAULT for a range that reaches beyond what any program has, which Linux looks at before all else.
Outcome<> check_range(u64 address, u64 length);
/// EFAULT unless the program may read (write) all of [address, address + length).
Outcome<> check_readable(u64 address, u64 length);
Outcome<> check_writable(u64 address, u64 length);

/// How many bytes from `address` on, at most `length`, the program may read (write).
u64 readable_bytes(u64 address, u64 length);
u64 writable_bytes(u64 address, u64 length);

Outcome<> read_program(void* to, u64 address, u64 length);
Outcome<> write_program(u64 address, const void* from, u64 length);
Outcome<> zero_program(u64 address, u64 length);

template <class T>
requires std::is_trivially_copyable_v<T> Outcome<T> load(u64 address) {
  T value;
  TRY(read_program(&value, address, sizeof(T)));
  return value;
}

template <class T>
requires std::is_trivially_copyable_v<T> Outcome<> store(u64 address, const T& value) {
  return write_program(address, &value, sizeof(T));
}

}  // namespace sgxx::enclave
