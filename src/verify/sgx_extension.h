// SPDX-License-Identifier: Apache-2.0
//
// The SGX extension of PCK certificates (OID 1.2.840.113741.1.13.1).
#pragma once

#include "base/result.h"
#include "sgxx/verify.h"

namespace sgxx::verify {

/// Every member that the specification names, once, in any order; others, and members of another size, are an error: what a
/// verifier does not know could take back what it knows.
Result<Platform, std::string> read_sgx_extension(ByteView contents);

}  // namespace sgxx::verify
