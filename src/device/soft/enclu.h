// SPDX-License-Identifier: Apache-2.0
//
// ENCLU where it traps, and the other instructions that an enclave may not execute.
#pragma once

#include <ucontext.h>

#include "device/soft/enclave.h"
#include "device/soft/records.h"

namespace sgxx::device::soft {

/// True when the bytes at `rip` are ENCLU.
bool is_enclu(Enclave& enclave, u64 rip);

/// True for instructions that user code outside may not execute (#GP) and an enclave may not either, but with #UD (SDM vol. 3D,
/// "Illegal Instructions"): CPUID and RDTSC where they fault, IN, OUT, INS, OUTS, INT n.
bool is_illegal_in_enclave(Enclave& enclave, u64 rip);

inline constexpr u64 kEncluLength = 3, kRedirectedLength = 16;

/// Executes the ENCLU, of `length` bytes, that the context is about to execute: results and RIP, or an exception. Signal context.
void emulate_enclu(ThreadRecord& record, ucontext_t& context, u64 length);

}  // namespace sgxx::device::soft
