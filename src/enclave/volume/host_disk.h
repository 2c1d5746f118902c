// SPDX-License-Identifier: Apache-2.0
//
// HostDisk: what the engine of volumes calls Disk: a file of the host's, by the host calls on folders.
#pragma once

#include "enclave/folder/calls.h"
#include "volume/environment.h"

namespace sgxx::enclave {

class HostDisk {
 public:
  /// Opens the file of a volume in that folder, which the host keeps anybody else from opening (EBUSY). Whether it was made.
  Outcome<bool> open(u32 folder, bool create);
  void close();

  volume::Outcome<> read(u64 first, std::span<u8* const> blocks);
  volume::Outcome<> write(u64 first, ByteView bytes);
  volume::Outcome<> sync();
  volume::Outcome<u64> size();
  volume::Outcome<> resize(u64 blocks);

 private:
  u32 handle_ = 0;
};

/// An errno of the host's call, as an error of the engine and back.
Errno errno_of(const volume::Error& error);

template <class T>
Outcome<T> outcome_of(const volume::Outcome<T>& outcome) {
  if constexpr (std::is_void_v<T>) {
    return outcome.ok() ? Outcome<>{} : fail(errno_of(outcome.error()));
  } else {
    return outcome.ok() ? Outcome<T>(*outcome) : fail(errno_of(outcome.error()));
  }
}

}  // namespace sgxx::enclave
