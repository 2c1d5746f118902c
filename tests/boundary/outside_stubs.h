// SPDX-License-Identifier: Apache-2.0
//
// For outside_test.cc: where the enclave is said to lie, and what was copied.
#pragma once

#include <utility>
#include <vector>

#include "abi/config.h"
#include "abi/entry.h"

namespace sgxx::boundary {

struct Aborted {
  abi::AbortReason reason;
};

/// Address and length of every copy that was let through.
extern std::vector<std::pair<u64, u64>> copies;

void set_elrange(u64 base, u64 size);

}  // namespace sgxx::boundary
