// SPDX-License-Identifier: Apache-2.0
//
// The end of an enclave that found something that cannot be right. Sticky: every later entry answers the same.
#pragma once

#include "abi/entry.h"

namespace sgxx::enclave {

[[noreturn]] void abort_enclave(abi::AbortReason reason);

/// An invariant of the runtime.
inline void require(bool holds, abi::AbortReason reason = abi::AbortReason::assertion) {
  if (__builtin_expect(!holds, 0)) abort_enclave(reason);
}

}  // namespace sgxx::enclave
