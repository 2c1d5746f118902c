// SPDX-License-Identifier: Apache-2.0
//
// What makes a quote genuine, and every way in which it can fail to be.
#include <openssl/bn.h>

#include <functional>

#include "world.h"

namespace sgxx::verify {
namespace {

using soft::EcKey;

/// The reasons after one change. A change of knobs makes everything anew; one of what was made does not.
std::vector<std::string> after_knobs(const std::function<void(World&)>& change) {
  World world;
  change(world);
  world.make();
  return reasons(world.verdict());
}
std::vector<std::string> after(const std::function<void(World&)>& change) {
  World world;
  change(world);
  return reasons(world.verdict());
}

TEST(Appraisal, TheRightQuoteIsAccepted) {
  World world;
  const auto verdict = world.verdict();
  EXPECT_TRUE(verdict.accepted()) << to_json(verdict);
  EXPECT_EQ(verdict.status, TcbStatus::up_to_date);
  EXPECT_EQ(verdict.root, Root::insecure);
  EXPECT_EQ(verdict.enclave->product_id, 7);
  EXPECT_EQ(verdict.enclave->version, 3);
  EXPECT_TRUE(verdict.platform->platform_instance.has_value());
}

TEST(Appraisal, EveryVersionIsRead) {
  for (u16 version : {u16{3}, u16{4}}) {
    World world;
    world.quote.header.version = version;
    EXPECT_TRUE(world.verdict().accepted()) << version << to_json(world.verdict());
  }
  World world;
  world.quote.header.version = 5;
  const isa::QuoteBodyHeader header{static_cast<u16>(isa::QuoteBodyType::sgx_report), sizeof(isa::ReportBody)};
  const auto view = as_bytes_of(header);
  world.quote.body.insert(world.quote.body.begin(), view.begin(), view.end());
  EXPECT_TRUE(world.verdict().accepted()) << to_json(world.verdict());
  for (u16 version : {u16{0}, u16{2}, u16{6}}) {
    EXPECT_THAT(after([&](World& w) { w.quote.header.version = version; }), AreExactly("quote-unsupported")) << version;
  }
  EXPECT_THAT(after([](World& w) { w.quote.header.key_type = 3; }), ::testing::Contains("quote-unsupported"));
}

TEST(Appraisal, OrderAndFormOfTheChainDoNotMatter) {
  World world;
  const auto& pki = *world.pki;
  using soft::to_pem;
  for (const auto& chain : {to_pem(pki.root) + to_pem(pki.intermediate) + to_pem(pki.pck),
                            to_pem(pki.intermediate) + to_pem(pki.pck) + to_pem(pki.root)}) {
    world.quote.certification_data = bytes_of(chain);
    EXPECT_TRUE(world.verdict().accepted()) << to_json(world.verdict());
  }
  // The PCK certificate alone, the others from collateral, in DER.
  world.quote.certification_type = isa::CertificationType::pck_certificate;
  world.quote.certification_data = bytes_of(to_pem(pki.pck));
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("chain-incomplete"));
  world.collateral.certificates = {pki.tcb_signing, pki.intermediate, pki.root};
  EXPECT_TRUE(world.verdict().accepted()) << to_json(world.verdict());
  // All from collateral.
  world.quote.certification_type = isa::CertificationType::ppid_plain;
  Bytes data(world.knobs.sgx.ppid.begin(), world.knobs.sgx.ppid.end());
  data.resize(16 + sizeof(isa::PlatformTcb));
  world.quote.certification_data = data;
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("pck-certificate-missing"));
  world.collateral.certificates.push_back(pki.pck);
  EXPECT_TRUE(world.verdict().accepted()) << to_json(world.verdict());
  world.quote.certification_data[3] ^= 1;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("ppid-mismatch"));
}

TEST(Appraisal, APartThatIsForgedSaysNothing) {
  // A quoting enclave's report that the PCK did not sign: whatever it claims, no status follows from it.
  World world;
  const auto quote = soft::make_quote(world.quote, world.attestation_key, EcKey::derived(kRootSecret, "no PCK"));
  const auto verdict = world.verdict_of(quote);
  EXPECT_THAT(reasons(verdict), AreExactly("qe-report-signature", "tcb-status"));
  EXPECT_EQ(verdict.status, TcbStatus::unknown);
  // A report that the attestation key did not sign.
  auto bytes = world.quote_bytes();
  bytes[sizeof(isa::QuoteHeader) + offsetof(isa::ReportBody, mr_enclave)] ^= 1;
  EXPECT_THAT(reasons(world.verdict_of(bytes)), AreExactly("quote-signature", "identity-not-accepted"));
}

TEST(Pem, IsReadStrictly) {
  World world;
  auto with = [&](std::string chain) {
    world.quote.certification_data = bytes_of(chain);
    return reasons(world.verdict());
  };
  const auto good = world.pki->pck_chain();
  EXPECT_THAT(with(good), AreExactly());
  EXPECT_THAT(with(good + std::string(1, '\0')), AreExactly()) << "as in quotes of Intel's";
  auto refused = ::testing::Contains("certificate-malformed");
  EXPECT_THAT(with(good + std::string(2, '\0')), refused);
  EXPECT_THAT(with(good + "text"), refused);
  EXPECT_THAT(with("text" + good), refused);
  EXPECT_THAT(with(" " + good), refused);
  EXPECT_THAT(with(good.substr(0, good.size() - 2)), refused);
  // Bits that belong to no byte: the last digit before padding.
  for (auto position = good.find('='); position != good.npos; position = good.find('=', position + 2)) {
    auto other = good;
    char& digit = other[position - 1];
    digit = digit == 'z' ? '0' : digit == 'Z' ? 'a' : digit == '9' ? '+' : digit == '+' ? '/' : static_cast<char>(digit + 1);
    EXPECT_THAT(with(other), refused) << position;
  }
}

// F1: the quoting enclave is the one that QE identity describes, and QE identity is authentic.

TEST(QeIdentity, ItsSignatureIsChecked) {
  World world;
  auto body = soft::qe_identity_body(world.knobs.qe_identity);
  auto with = [&](const std::string& document) {
    world.collateral.qe_identities = {bytes_of(document)};
    return reasons(world.verdict());
  };
  const auto own = EcKey::derived(kRootSecret, "somebody's");
  EXPECT_THAT(with(soft::signed_json("enclaveIdentity", body, own)), AreExactly("qe-identity-signature", "tcb-status"));
  EXPECT_THAT(with(soft::signed_json("enclaveIdentity", body, world.pki->pck_key)),
              AreExactly("qe-identity-signature", "tcb-status"));
  EXPECT_THAT(with("{\"enclaveIdentity\":" + body + "}"), AreExactly("qe-identity-malformed", "tcb-status"));
  EXPECT_THAT(with("{\"enclaveIdentity\":" + body + ",\"signature\":\"" + std::string(128, '0') + "\"}"),
              AreExactly("signature-out-of-range", "tcb-status"));
  // One byte more between the members of the signed object.
  auto spaced = soft::signed_json("enclaveIdentity", body, world.pki->tcb_signing_key);
  spaced.insert(spaced.find("\"version\""), " ");
  EXPECT_THAT(with(spaced), AreExactly("qe-identity-signature", "tcb-status"));
  // Around it they may be: they are not signed, and mean nothing.
  auto around = soft::signed_json("enclaveIdentity", body, world.pki->tcb_signing_key);
  around.insert(1, " \n");
  EXPECT_THAT(with(around), AreExactly());
}

TEST(QeIdentity, SomebodyElsesChainIsRefused) {
  World world;
  const isa::Key128 secret{99};
  auto foreign_knobs = soft::default_knobs(secret);
  foreign_knobs.qe_identity = world.knobs.qe_identity;
  const auto foreign = soft::make_platform_pki(secret, foreign_knobs);
  world.collateral.qe_identities = {bytes_of(foreign.qe_identity)};
  world.collateral.certificates.push_back(bytes_of(foreign.tcb_chain()));
  world.collateral.crls.push_back(foreign.root_crl);
  EXPECT_THAT(reasons(world.verdict()), ::testing::IsSupersetOf({"qe-identity-signature", "root-untrusted", "tcb-status"}));
  // Trusted or not, a root speaks of its own platforms only.
  world.policy.roots.push_back(root_key(foreign.root_key));
  auto verdict = world.verdict();
  EXPECT_TRUE(verdict.has(Reason::qe_identity_signature)) << to_json(verdict);
  EXPECT_EQ(verdict.qe_status, TcbStatus::unknown);
}

TEST(QeIdentity, EveryFieldIsCompared) {
  auto mismatch = AreExactly("qe-identity-mismatch", "tcb-status");
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.mr_signer[31] ^= 1; }), mismatch);
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.isv_prod_id ^= 1; }), mismatch);
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.misc_select ^= 1u << 31; }), mismatch);
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.attributes.flags |= isa::attribute::provision_key; }), mismatch);
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.attributes.flags &= ~isa::attribute::init; }), mismatch);
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.attributes.xfrm = 7; }), AreExactly()) << "outside of the mask";
  EXPECT_THAT(after([](World& w) { w.quote.qe_report.mr_enclave[0] ^= 1; }), AreExactly()) << "any build of that signer";
}

TEST(QeIdentity, AMaskOfZeroDoesNotAllowADebugEnclave) {
  World world;
  world.knobs.qe_identity.attribute_mask = {0, 0};
  world.make();
  EXPECT_TRUE(world.verdict().accepted());
  world.quote.qe_report.attributes.flags |= isa::attribute::debug;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("qe-identity-mismatch", "tcb-status"));
}

TEST(QeIdentity, TheSvnDecidesTheLevel) {
  World world;
  soft::QeTcbLevel old{3, "OutOfDate", {"INTEL-SA-00001"}, soft::kYear2024};
  world.knobs.qe_identity.levels.push_back(old);
  world.make();
  EXPECT_TRUE(world.verdict().accepted());
  world.quote.qe_report.isv_svn = 4;
  auto verdict = world.verdict();
  EXPECT_THAT(reasons(verdict), AreExactly("tcb-status", "advisory"));
  EXPECT_EQ(verdict.status, TcbStatus::out_of_date);
  EXPECT_EQ(verdict.platform_status, TcbStatus::up_to_date);
  world.quote.qe_report.isv_svn = 2;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("qe-level-missing", "tcb-status"));
}

TEST(QeIdentity, AnotherEnclavesIdentityIsPassedOver) {
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.qe_identity.id = "QVE"; }), AreExactly("qe-identity-missing", "tcb-status"));
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.qe_identity.id = "TD_QE"; }), AreExactly("qe-identity-missing", "tcb-status"));
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.qe_identity.version = 1; }), AreExactly("qe-identity-malformed", "tcb-status"));
}

// F2: the status as it is, with its advisories.

TEST(Status, EveryOneIsReportedAndOnlyTheBestAcceptedByDefault) {
  const std::pair<const char*, TcbStatus> kAll[] = {
      {"UpToDate", TcbStatus::up_to_date},
      {"SWHardeningNeeded", TcbStatus::sw_hardening_needed},
      {"ConfigurationNeeded", TcbStatus::configuration_needed},
      {"ConfigurationAndSWHardeningNeeded", TcbStatus::configuration_and_sw_hardening_needed},
      {"OutOfDate", TcbStatus::out_of_date},
      {"OutOfDateConfigurationNeeded", TcbStatus::out_of_date_configuration_needed},
      {"Revoked", TcbStatus::revoked},
  };
  for (int version : {2, 3}) {
    for (const auto& [name, status] : kAll) {
      World world;
      world.knobs.tcb_info.version = version;
      world.knobs.tcb_info.levels[0].status = name;
      world.knobs.tcb_info.levels[0].advisories = {"INTEL-SA-00334"};
      world.make();
      auto verdict = world.verdict();
      EXPECT_EQ(verdict.status, status) << name;
      EXPECT_STREQ(name_of(verdict.status), name);
      EXPECT_THAT(verdict.advisories, ::testing::ElementsAre("INTEL-SA-00334"));
      EXPECT_FALSE(verdict.accepted());
      world.policy.advisories = {"INTEL-SA-00334"};
      EXPECT_EQ(world.verdict().accepted(), status == TcbStatus::up_to_date) << name;
      EXPECT_EQ(world.verdict().has(Reason::tcb_revoked), status == TcbStatus::revoked);
      for (unsigned i = 0; i <= static_cast<unsigned>(kLastAccept); ++i) world.policy.accept.push_back(static_cast<Accept>(i));
      EXPECT_EQ(world.verdict().accepted(), status != TcbStatus::revoked) << name << ": no token accepts what was revoked";
    }
  }
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.tcb_info.levels[0].status = "Fine"; }),
              AreExactly("tcb-info-malformed", "tcb-status"));
}

TEST(Status, PartsAreMerged) {
  using enum TcbStatus;
  EXPECT_EQ(merge(up_to_date, up_to_date), up_to_date);
  EXPECT_EQ(merge(up_to_date, out_of_date), out_of_date);
  EXPECT_EQ(merge(sw_hardening_needed, out_of_date), out_of_date);
  EXPECT_EQ(merge(configuration_needed, out_of_date), out_of_date_configuration_needed);
  EXPECT_EQ(merge(configuration_and_sw_hardening_needed, out_of_date), out_of_date_configuration_needed);
  EXPECT_EQ(merge(configuration_needed, sw_hardening_needed), configuration_and_sw_hardening_needed);
  EXPECT_EQ(merge(out_of_date, revoked), revoked);
  EXPECT_EQ(merge(up_to_date, unknown), unknown);
  EXPECT_EQ(merge(unknown, revoked), revoked);
  for (unsigned a = 0; a <= static_cast<unsigned>(unknown); ++a) {
    for (unsigned b = 0; b <= static_cast<unsigned>(unknown); ++b) {
      const auto left = static_cast<TcbStatus>(a), right = static_cast<TcbStatus>(b);
      EXPECT_EQ(merge(left, right), merge(right, left));
      EXPECT_EQ(merge(left, left), left);
      EXPECT_TRUE(merge(left, right) == up_to_date ? left == up_to_date && right == up_to_date : true);
    }
  }
}

TEST(Status, TheLevelIsTheFirstThatThePlatformReaches) {
  World world;
  auto better = world.knobs.tcb_info.levels[0];
  auto& own = world.knobs.tcb_info.levels[0];
  own.status = "SWHardeningNeeded";
  auto levels = [&](auto change) {
    World changed = world;
    auto above = better;
    change(above);
    changed.knobs.tcb_info.levels.insert(changed.knobs.tcb_info.levels.begin(), above);
    changed.make();
    return changed.verdict().platform_status;
  };
  EXPECT_EQ(levels([](auto&) {}), TcbStatus::up_to_date);
  for (unsigned i = 0; i < 16; ++i) {
    EXPECT_EQ(levels([&](auto& level) { ++level.components[i]; }), TcbStatus::sw_hardening_needed) << i;
  }
  EXPECT_EQ(levels([](auto& level) { ++level.pce_svn; }), TcbStatus::sw_hardening_needed);
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.tcb_info.levels[0].pce_svn += 1; }),
              AreExactly("tcb-level-missing", "tcb-status"));
}

// F3: everything has an end.

TEST(Dates, EachIsLookedAt) {
  auto expired = [](auto change) {
    World world;
    change(world.knobs);
    world.make();
    return reasons(world.verdict());
  };
  using Knobs = soft::PlatformKnobs;
  for (auto member : {&Knobs::root, &Knobs::intermediate, &Knobs::tcb_signing, &Knobs::pck}) {
    EXPECT_THAT(expired([&](Knobs& knobs) { (knobs.*member).not_after = kBefore; }), AreExactly("certificate-expired"));
    EXPECT_THAT(expired([&](Knobs& knobs) { (knobs.*member).not_before = kAfter; }), AreExactly("certificate-not-yet-valid"));
  }
  for (auto member : {&Knobs::root_crl, &Knobs::intermediate_crl}) {
    EXPECT_THAT(expired([&](Knobs& knobs) { (knobs.*member).next_update = kBefore; }), AreExactly("crl-expired"));
    EXPECT_THAT(expired([&](Knobs& knobs) { (knobs.*member).this_update = kAfter; }), AreExactly("crl-not-yet-valid"));
  }
  EXPECT_THAT(expired([](Knobs& knobs) { knobs.tcb_info.next_update = kBefore; }), AreExactly("tcb-info-expired"));
  EXPECT_THAT(expired([](Knobs& knobs) { knobs.tcb_info.issue_date = kAfter; }), AreExactly("tcb-info-not-yet-valid"));
  EXPECT_THAT(expired([](Knobs& knobs) { knobs.qe_identity.next_update = kBefore; }), AreExactly("qe-identity-expired"));
  EXPECT_THAT(expired([](Knobs& knobs) { knobs.qe_identity.issue_date = kAfter; }), AreExactly("qe-identity-not-yet-valid"));
}

TEST(Dates, TheEarliestExpiryIsReported) {
  using Knobs = soft::PlatformKnobs;
  const std::function<void(Knobs&)> kEnds[] = {
      [](Knobs& knobs) { knobs.root.not_after = kAfter; },
      [](Knobs& knobs) { knobs.pck.not_after = kAfter; },
      [](Knobs& knobs) { knobs.tcb_signing.not_after = kAfter; },
      [](Knobs& knobs) { knobs.root_crl.next_update = kAfter; },
      [](Knobs& knobs) { knobs.intermediate_crl.next_update = kAfter; },
      [](Knobs& knobs) { knobs.tcb_info.next_update = kAfter; },
      [](Knobs& knobs) { knobs.qe_identity.next_update = kAfter; },
  };
  for (const auto& end : kEnds) {
    World world;
    end(world.knobs);
    world.make();
    EXPECT_EQ(world.verdict().earliest_expiry, kAsOf + std::chrono::seconds(1));
  }
}

// F6: who may sign what.

TEST(Chain, TheRootKeyIsPinned) {
  World world;
  world.policy.roots = {};
  EXPECT_THAT(reasons(world.verdict()), AreExactly("root-untrusted", "tcb-status"));
  world.policy.roots = {kIntelRootKey};
  EXPECT_THAT(reasons(world.verdict()), AreExactly("root-untrusted", "tcb-status"));
  // Another certificate of the same key is as good.
  World renewed;
  renewed.knobs.root.serial = {1, 2, 3};
  renewed.make();
  world = World();
  world.collateral.certificates = {renewed.pki->tcb_signing, renewed.pki->root};
  EXPECT_TRUE(world.verdict().accepted()) << to_json(world.verdict());
}

TEST(Chain, ANameIsNoKey) {
  // A whole platform with the same names and another root key.
  World world;
  const isa::Key128 secret{99};
  auto knobs = world.knobs;
  const auto forged = soft::make_platform_pki(secret, knobs);
  world.quote = soft::default_quote(forged, knobs.qe_identity, world.report);
  const auto bytes = soft::make_quote(world.quote, world.attestation_key, forged.pck_key);
  auto verdict = world.verdict_of(bytes);
  EXPECT_FALSE(verdict.genuine());
  EXPECT_EQ(verdict.platform_status, TcbStatus::unknown) << to_json(verdict);
  // Only its PCK certificate is forged: its issuer did not sign it.
  world.quote.certification_data = bytes_of(soft::to_pem(forged.pck) + soft::to_pem(world.pki->intermediate));
  verdict = world.verdict_of(soft::make_quote(world.quote, world.attestation_key, forged.pck_key));
  EXPECT_THAT(reasons(verdict), AreExactly("chain-signature", "tcb-status")) << to_json(verdict);
}

TEST(Chain, EachCertificateHasItsProfile) {
  using Knobs = soft::PlatformKnobs;
  auto refused = [](auto change) {
    World world;
    change(world.knobs);
    world.make();
    return reasons(world.verdict());
  };
  auto profile = AreExactly("certificate-profile", "tcb-status");
  for (auto member : {&Knobs::root, &Knobs::intermediate, &Knobs::tcb_signing, &Knobs::pck}) {
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).extended_key_usage = "serverAuth"; }), profile);
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).extended_key_usage = "critical,codeSigning"; }), profile);
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).extra_critical = "1.3.6.1.4.1.99999.1"; }), profile);
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).basic_constraints = ""; }), ::testing::Not(::testing::IsEmpty()));
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).common_name = "INSECURE something"; }), profile);
  }
  for (auto member : {&Knobs::root, &Knobs::intermediate}) {
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).key_usage = "digitalSignature"; }), ::testing::IsSupersetOf({"tcb-status"}));
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).basic_constraints = "critical,CA:FALSE"; }),
                ::testing::IsSupersetOf({"tcb-status"}));
  }
  for (auto member : {&Knobs::tcb_signing, &Knobs::pck}) {
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).key_usage = "keyCertSign"; }), ::testing::IsSupersetOf({"tcb-status"}));
    EXPECT_THAT(refused([&](Knobs& k) { (k.*member).basic_constraints = "critical,CA:TRUE"; }),
                ::testing::IsSupersetOf({"tcb-status"}));
  }
  EXPECT_THAT(refused([](Knobs& k) { k.root.path_length = 0; }), profile) << "no intermediate may follow";
}

TEST(Chain, APckCertificateSignsNoCollateral) {
  World world;
  // The intermediate's word is not the root's either.
  for (const auto* key : {&world.pki->pck_key, &world.pki->intermediate_key}) {
    world.collateral.tcb_infos = {bytes_of(soft::signed_json("tcbInfo", soft::tcb_info_body(world.knobs.tcb_info), *key))};
    EXPECT_THAT(reasons(world.verdict()), AreExactly("tcb-info-signature", "tcb-status"));
  }
}

TEST(Chain, SwappedCertificatesAreRefused) {
  World world;
  const auto& pki = *world.pki;
  using soft::to_pem;
  world.quote.certification_data = bytes_of(to_pem(pki.tcb_signing) + to_pem(pki.root));
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("pck-certificate-missing"));
  world = World();
  world.collateral.certificates = {pki.pck, pki.root};
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("tcb-signing-missing"));
  world = World();
  world.quote.certification_data = bytes_of(to_pem(pki.pck) + to_pem(pki.root));
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("chain-incomplete"));
}

TEST(Chain, RevokedCertificatesAreRefused) {
  auto revoked = [](auto change) {
    World world;
    change(world);
    world.make();
    return reasons(world.verdict());
  };
  auto refused = AreExactly("certificate-revoked", "tcb-status");
  EXPECT_THAT(revoked([](World& w) { w.knobs.intermediate_crl.revoked = {soft::key_identifier(w.pki->pck_key)}; }), refused);
  EXPECT_THAT(revoked([](World& w) { w.knobs.root_crl.revoked = {soft::key_identifier(w.pki->intermediate_key)}; }), refused);
  EXPECT_THAT(revoked([](World& w) { w.knobs.root_crl.revoked = {{9}, soft::key_identifier(w.pki->tcb_signing_key)}; }), refused);
  EXPECT_THAT(revoked([](World& w) { w.knobs.root_crl.revoked = {{1}, {2}, {0x80}}; }), AreExactly());
}

TEST(Chain, RevocationListsAreNeededAndSigned) {
  EXPECT_THAT(after([](World& w) { w.collateral.crls = {w.pki->root_crl}; }), AreExactly("crl-missing"));
  EXPECT_THAT(after([](World& w) { w.collateral.crls = {w.pki->intermediate_crl}; }), AreExactly("crl-missing"));
  World other;
  const auto forged = soft::make_platform_pki({99}, other.knobs);
  EXPECT_THAT(after([&](World& w) {
                w.collateral.crls = {forged.root_crl, w.pki->intermediate_crl};
              }),
              AreExactly("crl-signature"));
  EXPECT_THAT(after([](World& w) { w.collateral.crls[0].push_back(0); }), AreExactly("crl-malformed", "crl-missing"));
  EXPECT_THAT(after([](World& w) { w.collateral.crls[0] = bytes_of(soft::to_pem(w.pki->root_crl, "X509 CRL")); }), AreExactly());
}

TEST(Chain, OfSeveralListsTheNewestCounts) {
  World world;
  auto knobs = world.knobs;
  knobs.intermediate_crl.number = 2;
  knobs.intermediate_crl.revoked = {soft::key_identifier(world.pki->pck_key)};
  const auto newer = soft::make_platform_pki(kRootSecret, knobs);
  world.collateral.crls.push_back(newer.intermediate_crl);
  EXPECT_THAT(reasons(world.verdict()), AreExactly("certificate-revoked", "tcb-status"));
  EXPECT_EQ(world.verdict().pck_crl_number, 2u);
}

TEST(Chain, TcbInfoIsAboutThisPlatform) {
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.tcb_info.fmspc[5] ^= 1; }), AreExactly("tcb-info-other-platform", "tcb-status"));
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.tcb_info.pce_id[0] ^= 1; }),
              AreExactly("tcb-info-other-platform", "tcb-status"));
  EXPECT_THAT(after_knobs([](World& w) { w.knobs.tcb_info.tcb_type = 1; }), AreExactly("tcb-info-malformed", "tcb-status"));
  EXPECT_THAT(after([](World& w) { w.collateral.tcb_infos.clear(); }), AreExactly("tcb-info-missing", "tcb-status"));
}

TEST(Chain, TheSgxExtensionIsReadStrictly) {
  auto with = [](Bytes extension) {
    World world;
    world.knobs.pck.sgx = std::move(extension);
    world.make();
    return reasons(world.verdict());
  };
  const auto right = soft::sgx_extension(World().knobs.sgx);
  EXPECT_THAT(with(right), AreExactly());
  auto wrong = ::testing::Contains("pck-extension");
  auto longer = right;
  longer.push_back(0);
  EXPECT_THAT(with(longer), wrong);
  EXPECT_THAT(with({}), wrong);
  EXPECT_THAT(with({0x30, 0}), wrong);
  auto knobs = World().knobs.sgx;
  knobs.components[4] = 256;
  EXPECT_THAT(with(soft::sgx_extension(knobs)), wrong);
  knobs = World().knobs.sgx;
  knobs.sgx_type = 3;
  EXPECT_THAT(with(soft::sgx_extension(knobs)), wrong);
  for (std::size_t length = 1; length < right.size(); length += 7) {
    EXPECT_THAT(with(Bytes(right.begin(), right.begin() + static_cast<std::ptrdiff_t>(length))), wrong) << length;
  }
}

// F7: signatures.

constexpr std::size_t kSignatureOffset = sizeof(isa::QuoteHeader) + sizeof(isa::ReportBody) + 4;
constexpr std::size_t kKeyOffset = kSignatureOffset + 64;
constexpr std::size_t kQeSignatureOffset = kKeyOffset + 64 + sizeof(isa::ReportBody);

const Bytes& order() {
  static const Bytes bytes = [] {
    BIGNUM* number = nullptr;
    BN_hex2bn(&number, "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551");
    Bytes big_endian(32);
    BN_bn2binpad(number, big_endian.data(), 32);
    BN_free(number);
    return big_endian;
  }();
  return bytes;
}

/// n - s
Bytes negated(ByteView scalar) {
  BIGNUM* n = BN_bin2bn(order().data(), 32, nullptr);
  BIGNUM* s = BN_bin2bn(scalar.data(), 32, nullptr);
  BN_sub(s, n, s);
  Bytes result(32);
  BN_bn2binpad(s, result.data(), 32);
  BN_free(n);
  BN_free(s);
  return result;
}

TEST(Signatures, RangesAreStrict) {
  World world;
  const auto good = world.quote_bytes();
  auto above = order();
  above.back() += 1;
  for (std::size_t offset : {kSignatureOffset, kSignatureOffset + 32, kQeSignatureOffset, kQeSignatureOffset + 32}) {
    for (const auto& scalar : {Bytes(32), order(), above, Bytes(32, 0xff)}) {
      auto bytes = good;
      std::ranges::copy(scalar, bytes.begin() + static_cast<std::ptrdiff_t>(offset));
      EXPECT_TRUE(world.verdict_of(bytes).has(Reason::signature_out_of_range)) << offset;
    }
  }
}

TEST(Signatures, TheOtherSignatureOfTheSamePairIsAcceptedSoAQuotesHashIsNoName) {
  World world;
  auto bytes = world.quote_bytes();
  for (std::size_t offset : {kSignatureOffset + 32, kQeSignatureOffset + 32}) {
    const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(offset);
    std::ranges::copy(negated(ByteView(bytes).subspan(offset, 32)), place);
    EXPECT_TRUE(world.verdict_of(bytes).accepted());
  }
}

TEST(Signatures, TheAttestationKeyIsBoundAndOnTheCurve) {
  EXPECT_THAT(after([](World& w) { w.quote.bind_attestation_key = false; }), AreExactly("attestation-key-unbound"));
  World world;
  auto bytes = world.quote_bytes();
  // Other authentication data: behind the QE's signature and its length.
  bytes[kQeSignatureOffset + 64 + 2] ^= 1;
  EXPECT_THAT(reasons(world.verdict_of(bytes)), AreExactly("attestation-key-unbound"));
  bytes = world.quote_bytes();
  bytes[kKeyOffset] ^= 1;
  EXPECT_THAT(reasons(world.verdict_of(bytes)), AreExactly("attestation-key", "attestation-key-unbound"));
  std::fill_n(bytes.begin() + kKeyOffset, 64, u8{0});
  EXPECT_TRUE(world.verdict_of(bytes).has(Reason::attestation_key));
  // Somebody else's attestation key, honest otherwise, under the QE's report of the first.
  auto stolen = world.quote_bytes();
  world.attestation_key = EcKey::derived({}, "another");
  auto other = world.quote_bytes();
  std::copy(stolen.begin() + kKeyOffset + 64, stolen.end(), other.begin() + kKeyOffset + 64);
  EXPECT_THAT(reasons(world.verdict_of(other)), AreExactly("attestation-key-unbound"));
}

TEST(Signatures, TheBodyBehindTheHashMustBeZero) {
  EXPECT_THAT(after([](World& w) {
                w.quote.bind_attestation_key = false;
                auto bound = w.quote_bytes();
                w.quote.qe_report.report_data.fill(1);
              }),
              AreExactly("attestation-key-unbound"));
}

// F8: lengths, and every bit.

TEST(Lengths, NoTruncationAndNothingBehind) {
  World world;
  const auto good = world.quote_bytes();
  const Verifier verifier(world.collateral, world.policy.roots);
  for (std::size_t length = 0; length < good.size(); ++length) {
    auto verdict = verifier.appraise(ByteView(good).first(length), kAsOf);
    ASSERT_TRUE(verdict.has(Reason::quote_malformed)) << length;
  }
  auto longer = good;
  longer.push_back(0);
  EXPECT_TRUE(verifier.appraise(longer, kAsOf).has(Reason::quote_malformed));
}

TEST(Lengths, EveryByteOfAQuotesChainCounts) {
  World world;
  auto bytes = world.quote_bytes();
  world.collateral.certificates.push_back(bytes_of(world.pki->pck_chain()));
  const Verifier verifier(world.collateral, world.policy.roots);
  ASSERT_TRUE(verifier.appraise(bytes, kAsOf).genuine());
  // Every bit of all that stands before is tried with Intel's sample. Here every bit of the lengths, and one of each further
  // byte.
  const std::size_t begin = kQeSignatureOffset + 64, chain = begin + 2 + world.quote.authentication_data.size() + 6;
  for (std::size_t byte = begin; byte < bytes.size(); ++byte) {
    for (unsigned bit = byte < chain ? 0 : byte % 8; bit < (byte < chain ? 8 : byte % 8 + 1); ++bit) {
      bytes[byte] ^= static_cast<u8>(1u << bit);
      ASSERT_FALSE(verifier.appraise(bytes, kAsOf).genuine()) << "bit " << bit << " of byte " << byte;
      bytes[byte] ^= static_cast<u8>(1u << bit);
    }
  }
}

}  // namespace
}  // namespace sgxx::verify
