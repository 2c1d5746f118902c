// SPDX-License-Identifier: Apache-2.0
//
// What this processor says of itself, for an enclave that may not ask. The enclave checks and limits it.
#pragma once

#include "abi/host_call.h"

namespace sgxx::host {

/// Fills `entries` with the leaves that programs ask for; returns how many.
u32 read_cpuid_table(std::span<abi::CpuidEntry> entries);

}  // namespace sgxx::host
