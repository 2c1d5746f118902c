// SPDX-License-Identifier: Apache-2.0
//
// A quote taken apart: versions 3, 4 and 5, of SGX enclaves and TDX trust domains (isa/quote.h draws the formats).
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "isa/quote.h"
#include "sgxx/verify.h"

namespace sgxx::verify {

/// Views point into the quote that was parsed.
struct Quote {
  isa::QuoteHeader header;
  std::optional<isa::ReportBody> enclave;  ///< one of these two
  std::optional<isa::TdReport10> domain;
  std::optional<isa::TdReport15> domain_15;  ///< set beside `domain`
  ByteView signed_part;                      ///< what the attestation key signs: header and body
  isa::EcdsaSignature signature;
  isa::EcdsaPublicKey attestation_key;
  isa::QeReportSignature qe;
  ByteView authentication_data;
  u16 certification_type;  ///< 1 to 5
  ByteView certification;
};

struct QuoteError {
  bool unsupported;  ///< of a kind that is not known here, as opposed to broken
  std::string text;
};

/// Every length is checked against what is there, and nothing may be left over at any level.
Result<Quote, QuoteError> parse_quote(ByteView bytes);

/// What certification data of types 1 to 3 says of the platform, so that its PCK certificate can be found.
struct PlatformHint {
  ByteView ppid;  ///< encrypted in types 2 and 3
  std::array<u8, 16> cpu_svn;
  u16 pce_svn;
  std::optional<u16> pce_id;
};

/// Nothing for certification data of another length than its type has.
std::optional<PlatformHint> platform_hint_of(const Quote& quote);

/// What a report says of its enclave.
EnclaveIdentity identity_of(const isa::ReportBody& report);

}  // namespace sgxx::verify
