// SPDX-License-Identifier: Apache-2.0
//
// Quotes as a quoting enclave would make them, with every field a knob: for the tests of whoever verifies quotes.
#pragma once

#include "device/soft/platform_pki.h"
#include "isa/quote.h"

namespace sgxx::device::soft {

struct QuoteKnobs {
  isa::QuoteHeader header{3, isa::kKeyTypeEcdsaP256, 0, 0, 0, isa::kIntelQeVendor, {}};
  Bytes body = Bytes(sizeof(isa::ReportBody));  // what stands between header and length
  isa::ReportBody qe_report{};
  bool bind_attestation_key = true;  // sets qe_report.report_data
  Bytes authentication_data;
  isa::CertificationType certification_type = isa::CertificationType::pck_chain;
  Bytes certification_data;
};

/// Signed by `attestation_key`, which `pck_key` certifies. Versions 4 and 5 have the same parts in
/// the nested order of their format.
Bytes make_quote(const QuoteKnobs& knobs, const EcKey& attestation_key, const EcKey& pck_key);

/// A quote of `body` that verifies under `pki`, whose QE is what `identity` asks for.
QuoteKnobs default_quote(const PlatformPki& pki, const QeIdentityKnobs& identity, const isa::ReportBody& body);

}  // namespace sgxx::device::soft
