// SPDX-License-Identifier: Apache-2.0
#include "enclave/abort.h"

#include "enclave/entry.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

void abort_enclave(abi::AbortReason reason) {
  u32 none = 0;
  __atomic_compare_exchange_n(&enclave_aborted, &none, static_cast<u32>(reason), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  const u64 kind = static_cast<u64>(abi::ExitKind::abort);
  if (current().in_exception != 0) leave_from_exception(kind, enclave_aborted);
  leave_for_good(kind, enclave_aborted, THREAD_RUNNING);
}

extern "C" [[noreturn]] void __stack_chk_fail() { abort_enclave(abi::AbortReason::assertion); }

}  // namespace sgxx::enclave
