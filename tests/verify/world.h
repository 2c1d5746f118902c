// SPDX-License-Identifier: Apache-2.0
//
// A whole platform for the tests: root, certificates, lists, collateral and a quote that is genuine, up to date and accepted by
// `policy`. A test changes a knob, makes it anew and looks at what the verdict says.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "device/soft/pki/quote.h"
#include "sgxx/verify.h"

namespace sgxx::verify {

namespace soft = device::soft;

inline const isa::Key128 kRootSecret{42};
inline constexpr Time kAsOf = std::chrono::sys_days(std::chrono::year(2025) / 6 / 1);
inline constexpr soft::UnixTime kBefore = kAsOf.time_since_epoch().count() - 1;
inline constexpr soft::UnixTime kAfter = kAsOf.time_since_epoch().count() + 1;

inline Bytes bytes_of(const std::string& text) { return {text.begin(), text.end()}; }

inline FixedBytes<65> root_key(const soft::EcKey& key) {
  FixedBytes<65> point{4};
  auto coordinates = key.public_point();
  std::copy(coordinates.begin(), coordinates.end(), point.begin() + 1);
  return point;
}

struct World {
  World() {
    knobs.qe_identity.mr_signer.fill(0x51);
    knobs.qe_identity.levels[0].isv_svn = 5;
    report.attributes = {isa::attribute::init | isa::attribute::mode64, 3};
    report.mr_enclave.fill(0xe1);
    report.mr_signer.fill(0x51);
    report.isv_prod_id = 7;
    report.isv_svn = 3;
    report.report_data.fill(0xda);
    EnclaveRule rule;
    rule.mr_enclave = report.mr_enclave;
    policy.enclaves = {rule};
    policy.accept = {Accept::insecure_root};
    make();
  }

  /// Certificates, collateral and the quote's parts from the knobs.
  void make() {
    pki = soft::make_platform_pki(kRootSecret, knobs);
    quote = soft::default_quote(*pki, knobs.qe_identity, report);
    policy.roots = {root_key(pki->root_key)};
    collateral = {};
    collateral.certificates = {bytes_of(pki->tcb_chain())};
    collateral.crls = {pki->root_crl, pki->intermediate_crl};
    collateral.tcb_infos = {bytes_of(pki->tcb_info)};
    collateral.qe_identities = {bytes_of(pki->qe_identity)};
  }

  Bytes quote_bytes() const { return soft::make_quote(quote, attestation_key, pki->pck_key); }

  Verdict verdict(Time as_of = kAsOf) const { return verify::verify(quote_bytes(), collateral, policy, as_of); }
  Verdict verdict_of(const Bytes& bytes) const { return verify::verify(bytes, collateral, policy, kAsOf); }

  soft::PlatformKnobs knobs = soft::default_knobs(kRootSecret);
  isa::ReportBody report{};
  std::optional<soft::PlatformPki> pki;
  soft::EcKey attestation_key = soft::EcKey::derived(kRootSecret, "attestation");
  soft::QuoteKnobs quote;
  Collateral collateral;
  Policy policy;
};

/// Names of the reasons, in order, for a comparison that reads well when it fails.
inline std::vector<std::string> reasons(const Verdict& verdict) {
  std::vector<std::string> names;
  for (const auto& refusal : verdict.refusals) names.emplace_back(name_of(refusal.reason));
  return names;
}

/// That a verdict has these reasons and no others, in any order.
template <class... Names>
auto AreExactly(Names... names) {
  return ::testing::UnorderedElementsAre(std::string(names)...);
}

}  // namespace sgxx::verify
