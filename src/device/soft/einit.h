// SPDX-License-Identifier: Apache-2.0
//
// EINIT's verdict (SDM vol. 3D, EINIT, Operation): the SIGSTRUCT by itself and against the measured enclave, which image/ knows,
// and then what this platform grants.
#pragma once

#include "base/error.h"
#include "isa/sgx.h"

namespace sgxx::device::soft {

/// MRSIGNER. `secs.mr_enclave` holds the finished measurement. An error of kind `refused` carries the SDM's code.
Result<isa::Hash256> check_signature(const isa::SigStruct& signature, const isa::Secs& secs);

}  // namespace sgxx::device::soft
