// SPDX-License-Identifier: Apache-2.0
//
// VectorUse: while it lives the vector registers are the runtime's. The program's are in the thread block, as for a way out of
// the enclave, and come back when the system call ends; what the runtime leaves in them, keys among it, is cleared.
#pragma once

#include "enclave/entry.h"

namespace sgxx::enclave {

class [[nodiscard]] VectorUse {
 public:
  VectorUse() { keep_xstate(); }
  VectorUse(const VectorUse&) = delete;
  VectorUse& operator=(const VectorUse&) = delete;
  ~VectorUse() { forget_vectors(); }
};

}  // namespace sgxx::enclave
