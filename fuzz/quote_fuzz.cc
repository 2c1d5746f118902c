// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a quote, with the collateral of a platform of our own: what is no quote is refused, and a quote is genuine only
// when it says what the platform's quoting enclave said.
#include "device/soft/pki/quote.h"
#include "fuzz/target.h"
#include "sgxx/verify.h"
#include "verify/quote.h"

namespace {

using namespace sgxx;
using namespace sgxx::device::soft;

void require(bool promise) {
  if (!promise) std::abort();
}

struct Platform {
  PlatformKnobs knobs = default_knobs({1});
  PlatformPki pki = make_platform_pki({1}, knobs);
  isa::ReportBody report = [] {
    isa::ReportBody body{};
    body.mr_enclave.fill(1);
    return body;
  }();
  verify::Verifier verifier = [this] {
    verify::Collateral collateral;
    const auto chain = pki.tcb_chain() + pki.pck_chain();
    collateral.certificates = {{chain.begin(), chain.end()}};
    collateral.crls = {pki.root_crl, pki.intermediate_crl};
    collateral.tcb_infos = {{pki.tcb_info.begin(), pki.tcb_info.end()}};
    collateral.qe_identities = {{pki.qe_identity.begin(), pki.qe_identity.end()}};
    std::array<verify::FixedBytes<65>, 1> roots{{{4}}};
    const auto point = pki.root_key.public_point();
    std::copy(point.begin(), point.end(), roots[0].begin() + 1);
    return verify::Verifier(collateral, roots);
  }();

  std::vector<u8> quote(u16 version, bool with_chain) const {
    auto parts = default_quote(pki, knobs.qe_identity, report);
    parts.header.version = version;
    if (!with_chain) {
      parts.certification_type = isa::CertificationType::ppid_plain;
      parts.certification_data.assign(knobs.sgx.ppid.begin(), knobs.sgx.ppid.end());
      parts.certification_data.resize(36);
    }
    return make_quote(parts, EcKey::derived({}, "attestation"), pki.pck_key);
  }
};

const Platform& platform() {
  static const Platform platform;
  return platform;
}

constexpr auto kAsOf = std::chrono::sys_days(std::chrono::year(2025) / 6 / 1);

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView bytes(data, size);
  auto quote = verify::parse_quote(bytes);
  auto verdict = platform().verifier.appraise(bytes, kAsOf);
  if (!quote.ok()) {
    require(!verdict.genuine() && !quote.error().text.empty());
    return 0;
  }
  require(quote->signed_part.size() < size && quote->enclave.has_value() != quote->domain.has_value());
  require(!verdict.accepted());
  // Nobody else has the platform's keys: a genuine quote speaks of its one enclave.
  if (verdict.genuine()) require(verdict.enclave && verdict.enclave->mr_enclave == platform().report.mr_enclave);
  require(!verify::to_json(verdict).empty());
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  return {platform().quote(3, true), platform().quote(3, false), platform().quote(4, false)};
}
