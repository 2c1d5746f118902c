// SPDX-License-Identifier: Apache-2.0
//
// Randomness comes from RDRAND alone. It is retried as Intel advises; a generator that stays empty, or repeats itself at
// start-up, ends the enclave. The host is never asked.
#pragma once

#include "base/checked.h"

namespace sgxx::enclave {

/// 64 fresh random bits.
u64 random_word();

/// Refuses a generator that is stuck. Called once by boot.
void check_randomness();

}  // namespace sgxx::enclave
