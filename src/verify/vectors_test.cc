// SPDX-License-Identifier: Apache-2.0
//
// Intel's sample (a quote of version 3 with all its collateral, under a test root) and a quote from real hardware, which lie
// beside the project.
#include <gtest/gtest.h>

#include "image/test_vectors.h"
#include "sgxx/verify.h"
#include "verify/hex.h"
#include "verify/quote.h"

namespace sgxx::verify {
namespace {

using namespace std::chrono_literals;

constexpr Time kWithin = std::chrono::sys_days(2020y / 6 / 1);
constexpr Time kLater = std::chrono::sys_days(2026y / 11 / 1);  // its PCK and TCB signing certificates have ended

struct Sample {
  Bytes quote;
  Collateral collateral;
  std::vector<FixedBytes<65>> roots;
};

std::optional<Sample> read_sample() {
  auto read = [](const char* name) { return image::read_vector(std::string("dcap/sample/") + name); };
  if (!read("quote.dat")) return std::nullopt;
  Sample sample;
  sample.quote = *read("quote.dat");
  // In an order that is nobody's.
  for (const char* name : {"tcbSignChain.pem", "trustedRootCaCert.pem", "pckSignChain.pem", "pckCert.pem"}) {
    sample.collateral.certificates.push_back(*read(name));
  }
  sample.collateral.crls = {*read("intermediateCaCrl.pem"), *read("rootCaCrl.der")};
  sample.collateral.tcb_infos = {*read("tcbInfo.json")};
  sample.collateral.qe_identities = {*read("qveIdentity.json"), *read("qeIdentity.json")};
  sample.roots = {root_key_of(*read("trustedRootCaCert.pem")).value()};
  return sample;
}

#define SGXX_SAMPLE(sample)                                                                          \
  const auto sample##_optional = read_sample();                                                      \
  if (!sample##_optional) GTEST_SKIP() << "../shared/vectors/dcap/sample is not beside the project"; \
  const Sample& sample = *sample##_optional

Verdict appraise(const Sample& sample, Time as_of = kWithin) {
  return verify::appraise(sample.quote, sample.collateral, sample.roots, as_of);
}

std::string reasons_of(const Verdict& verdict) {
  std::string text;
  for (const auto& refusal : verdict.refusals) text += std::string(text.empty() ? "" : ", ") + name_of(refusal.reason);
  return text;
}

TEST(Vectors, TheSampleIsGenuineUnderItsOwnRoot) {
  SGXX_SAMPLE(sample);
  auto verdict = appraise(sample);
  EXPECT_TRUE(verdict.genuine()) << to_json(verdict);
  EXPECT_EQ(verdict.status, TcbStatus::up_to_date);
  EXPECT_EQ(verdict.root, Root::other);
  EXPECT_EQ(to_hex(verdict.platform->ppid), "8461863bb7ece31f64c8e9b77fd31cad");
  EXPECT_EQ(to_hex(verdict.platform->fmspc), "00707f000000");
  EXPECT_EQ(verdict.platform->pce_svn, 3);
  EXPECT_EQ(verdict.tcb_evaluation_number, 3u);
  EXPECT_EQ(verdict.root_crl_number, 1u);
  EXPECT_EQ(verdict.pck_crl_number, 1u);
  // 2026-08-28T11:36:55Z, the TCB signing certificate.
  EXPECT_EQ(verdict.earliest_expiry, std::chrono::sys_days(2026y / 8 / 28) + 11h + 36min + 55s);
  EXPECT_FALSE(verdict.accepted()) << "nobody has said who is accepted";
}

TEST(Vectors, TheSampleIsRefusedUnderIntelsRoot) {
  SGXX_SAMPLE(sample);
  auto verdict = verify::appraise(sample.quote, sample.collateral, {}, kWithin);
  EXPECT_EQ(reasons_of(verdict), "root-untrusted");
  EXPECT_EQ(verdict.status, TcbStatus::unknown);
}

TEST(Vectors, TheSampleHasItsDates) {
  SGXX_SAMPLE(sample);
  EXPECT_EQ(reasons_of(appraise(sample, kLater)), "certificate-expired, certificate-expired");
  EXPECT_TRUE(appraise(sample, std::chrono::sys_days(2019y / 9 / 6)).genuine());
  auto early = appraise(sample, std::chrono::sys_days(2019y / 9 / 1));
  for (auto reason : {Reason::certificate_not_yet_valid, Reason::crl_not_yet_valid, Reason::tcb_info_not_yet_valid,
                      Reason::qe_identity_not_yet_valid}) {
    EXPECT_TRUE(early.has(reason)) << name_of(reason);
  }
  auto late = appraise(sample, std::chrono::sys_days(2060y / 1 / 1));
  for (auto reason : {Reason::certificate_expired, Reason::crl_expired, Reason::tcb_info_expired, Reason::qe_identity_expired}) {
    EXPECT_TRUE(late.has(reason)) << name_of(reason);
  }
}

TEST(Vectors, WhatIsMissingIsNamed) {
  SGXX_SAMPLE(complete);
  auto without = [&](auto member) {
    Sample sample = complete;
    (sample.collateral.*member).clear();
    return reasons_of(appraise(sample));
  };
  EXPECT_EQ(without(&Collateral::crls), "crl-missing, crl-missing");
  EXPECT_EQ(without(&Collateral::tcb_infos), "tcb-info-missing");
  EXPECT_EQ(without(&Collateral::qe_identities), "qe-identity-missing");
  EXPECT_EQ(without(&Collateral::certificates),
            "pck-certificate-missing, tcb-signing-missing, tcb-signing-missing, tcb-signing-missing");
}

/// Everything that a verdict says.
bool says_the_same(const Verdict& a, const Verdict& b) {
  return a.refusals.size() == b.refusals.size() && to_json(a) == to_json(b);
}

TEST(Vectors, EveryBitOfTheQuoteCounts) {
  SGXX_SAMPLE(good);
  const Verifier verifier(good.collateral, good.roots);
  const auto right = verifier.appraise(good.quote, kWithin);
  Sample sample = good;
  unsigned still_genuine = 0;
  for (std::size_t bit = 0; bit < sample.quote.size() * 8; ++bit) {
    const auto mask = static_cast<u8>(1u << bit % 8);
    sample.quote[bit / 8] ^= mask;
    auto verdict = verifier.appraise(sample.quote, kWithin);
    ASSERT_FALSE(says_the_same(verdict, right)) << "bit " << bit % 8 << " of byte " << bit / 8;
    if (verdict.genuine()) ++still_genuine;
    sample.quote[bit / 8] ^= mask;
  }
  // CPUSVN and PCESVN in the certification data, which nobody signs and the verdict reports.
  EXPECT_EQ(still_genuine, 18u * 8);
}

TEST(Vectors, NoTruncationIsRead) {
  SGXX_SAMPLE(sample);
  const Verifier verifier(sample.collateral, sample.roots);
  for (std::size_t length = 0; length < sample.quote.size(); ++length) {
    const auto verdict = verifier.appraise(ByteView(sample.quote).first(length), kWithin);
    ASSERT_EQ(reasons_of(verdict), "quote-malformed") << length << " bytes";
  }
  Bytes longer = sample.quote;
  longer.push_back(0);
  EXPECT_EQ(reasons_of(verify::appraise(longer, sample.collateral, sample.roots, kWithin)), "quote-malformed");
}

TEST(Vectors, TheSampleAndAPolicy) {
  SGXX_SAMPLE(sample);
  Policy policy;
  policy.roots = sample.roots;
  EnclaveRule rule;
  rule.mr_enclave.emplace();  // the sample's enclave has MRENCLAVE zero, and was never initialised
  policy.enclaves = {rule};
  auto verdict = verify::verify(sample.quote, sample.collateral, policy, kWithin);
  EXPECT_EQ(reasons_of(verdict), "attributes, attributes");
  EXPECT_TRUE(verdict.genuine());
}

TEST(Vectors, AQuoteFromHardwareIsReadAndNotBelievedWithoutAChain) {
  SGXX_VECTOR(bytes, "dcap/quote_raw_tcb.bin");
  auto verdict = verify::appraise(bytes, {}, {}, kWithin);
  EXPECT_EQ(to_hex(verdict.enclave->mr_enclave), "d40c35b716c9ef1715d26100bb5e152d5045543017dacfcb492697028985cb7c");
  EXPECT_NE(verdict.enclave->attributes & isa::attribute::debug, 0u);
  EXPECT_EQ(verdict.certification.type, 3);
  EXPECT_EQ(verdict.certification.ppid.size(), 384u);
  EXPECT_EQ(verdict.certification.pce_id, 0);
  // Neither quote-signature nor attestation-key-unbound: those parts are right.
  EXPECT_EQ(reasons_of(verdict), "pck-certificate-missing, tcb-info-missing, qe-identity-missing");
}

}  // namespace
}  // namespace sgxx::verify
