// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>

#include "base/checked.h"

namespace sgxx::volume {

/// Zeroes a secret in a way that the compiler does not leave out.
inline void wipe(void* bytes, u64 length) {
  std::memset(bytes, 0, length);
  asm volatile("" : : "r"(bytes) : "memory");
}

}  // namespace sgxx::volume
