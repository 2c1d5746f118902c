// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/open_file.h"

#include "enclave/file/events.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/vfs/record_lock.h"

namespace sgxx::enclave {

bool OpenFile::try_acquire() {
  u32 count = references_.load();
  while (count != 0 && !references_.compare_exchange_weak(count, count + 1)) {
  }
  return count != 0;
}

Outcome<u64> OpenFile::file_control(u32 operation, u64 argument) { return control_locks(*this, this, operation, argument); }

void OpenFile::release() {
  if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
  forget_waiters(*this);
  drop_locks(*this);
  visit(*this, [](auto& kind) { destroy(&kind); });
}

}  // namespace sgxx::enclave
