// SPDX-License-Identifier: Apache-2.0
#include "enclave/abort.h"

#include "enclave/entry.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

namespace {

// Not through current(): before boot has filled the thread blocks in, that is a null pointer, and where ELRANGE does not begin at
// 0 a null pointer leads to the host's memory.
bool in_exception() {
  u32 value;
  asm volatile("mov %%gs:%c1, %0" : "=r"(value) : "i"(TB_IN_EXCEPTION));
  return value != 0;
}

}  // namespace

void abort_enclave(abi::AbortReason reason) {
  u32 none = 0;
  __atomic_compare_exchange_n(&enclave_aborted, &none, static_cast<u32>(reason), false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
  const u64 kind = static_cast<u64>(abi::ExitKind::abort);
  if (in_exception()) leave_from_exception(kind, enclave_aborted);
  leave_for_good(kind, enclave_aborted, THREAD_RUNNING);
}

extern "C" [[noreturn]] void __stack_chk_fail() { abort_enclave(abi::AbortReason::assertion); }

}  // namespace sgxx::enclave
