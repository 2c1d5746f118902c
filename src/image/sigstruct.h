// SPDX-License-Identifier: Apache-2.0
//
// SIGSTRUCT: who vouches for a measurement, and with which attributes it may run (SDM vol. 3D, "SIGSTRUCT" and EINIT).
// Made here, signed here or elsewhere, and verified here: by tools and by the software SGX's EINIT alike.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "image/key.h"
#include "isa/sgx.h"
#include "isa/xstate.h"

namespace sgxx::image {

/// What the signer decides. `xfrm_allowed` are the XFRM bits that the loader may switch on; x87 and SSE always are.
struct SigStructOptions {
  isa::Hash256 enclave_hash{};
  bool debug = false;
  bool kss = false;
  u64 xfrm_allowed = isa::xfrm::legacy;
  u32 misc_select = isa::kMiscExinfo;
  u16 isv_prod_id = 0;
  u16 isv_svn = 0;
  std::array<u8, 16> isv_family_id{};    ///< needs kss
  std::array<u8, 16> isv_ext_prod_id{};  ///< needs kss
  u32 date = 0x19700101;                 ///< 0xYYYYMMDD in BCD
};

/// A SIGSTRUCT without key and signature. Every attribute bit is pinned except the XFRM bits that `xfrm_allowed` frees.
Result<isa::SigStruct> unsigned_sigstruct(const SigStructOptions& options);

/// False while key and signature are still missing. Says nothing about their being right.
bool is_signed(const isa::SigStruct& sigstruct);

/// The 256 bytes that the signature covers: [0, 128) and [900, 1028).
using SignedBytes = std::array<u8, 256>;
SignedBytes signed_bytes_of(const isa::SigStruct& sigstruct);

/// Signs in one step.
Result<isa::SigStruct> sign(isa::SigStruct sigstruct, const SigningKey& key);

/// Second of two steps: a signature made elsewhere over `signed_bytes_of(sigstruct)`. `signature` is big-endian, 384 bytes, as
/// `openssl dgst -sha256 -sign` and hardware security modules write it. It is verified before it is accepted.
Result<isa::SigStruct> attach_signature(isa::SigStruct sigstruct, const isa::Rsa3072& modulus, ByteView signature);

/// Verifies as EINIT does and returns MRSIGNER. The error has kind `refused` with SGX_INVALID_SIG_STRUCT for a fault in the
/// fixed fields and SGX_INVALID_SIGNATURE for one in the signature, Q1 or Q2.
Result<isa::Hash256> verify(const isa::SigStruct& sigstruct);

/// EINIT's comparison of what the signer allows with what the enclave has: SGX_INVALID_MEASUREMENT, SGX_INVALID_ATTRIBUTE.
Result<void> check_enclave(const isa::SigStruct& sigstruct, const isa::Hash256& mr_enclave, const isa::Attributes& attributes,
                           u32 misc_select);

/// Q1 and Q2, the quotients that spare the processor a division: q1 = s*s / n, q2 = (s*s*s - q1*s*n) / n.
struct Quotients {
  isa::Rsa3072 q1;
  isa::Rsa3072 q2;
};
Result<Quotients> quotients(const isa::Rsa3072& signature, const isa::Rsa3072& modulus);

/// The bytes of a .sig file.
Result<isa::SigStruct> read_sigstruct(ByteView bytes);

/// BCD date from "2024-05-31".
Result<u32> parse_date(std::string_view text);
/// The date to sign with when nobody named one: that of the environment variable SOURCE_DATE_EPOCH (seconds, UTC) if it is set,
/// otherwise 1970-01-01. Never the clock: the same input gives the same bytes on any day.
Result<u32> default_date(std::optional<std::string_view> source_date_epoch);

}  // namespace sgxx::image
