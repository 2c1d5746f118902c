// SPDX-License-Identifier: Apache-2.0
//
// What the program is told of the processor. One table, taken from the host once at start, then limited by the enclave's own
// XFRM and cleaned of what identifies the machine; an answer that contradicts XFRM, or hides AES or RDRAND (so that software
// would fall back to slower, leakier code), ends the enclave.
#pragma once

#include "abi/host_call.h"
#include "isa/sgx.h"

namespace sgxx::enclave {

/// Takes and checks the host's table. `attributes` come from EREPORT.
void initialize_cpuid(const abi::CpuidEntry* entries, u32 count, const isa::Attributes& attributes);

struct CpuidAnswer {
  u32 eax, ebx, ecx, edx;
};
CpuidAnswer cpuid(u32 leaf, u32 subleaf);

/// XFRM: what xgetbv answers.
u64 enclave_xfrm();

}  // namespace sgxx::enclave
