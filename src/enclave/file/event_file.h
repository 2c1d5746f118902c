// SPDX-License-Identifier: Apache-2.0
//
// eventfd: a counter in the enclave.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/lock.h"

namespace sgxx::enclave {

class EventFile : public OpenFile {
 public:
  enum class Semaphore : bool { no, yes };
  EventFile(u64 value, Semaphore semaphore, u32 flags)
      : OpenFile(FileKind::event, flags | open_flag::read_write), value_(value), semaphore_(semaphore) {}

  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<u64> seek(i64, u32) { return u64{0}; }
  u32 ready();

 private:
  SpinLock lock_;
  u64 value_;
  Semaphore semaphore_;
};

}  // namespace sgxx::enclave
