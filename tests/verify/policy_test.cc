// SPDX-License-Identifier: Apache-2.0
//
// Whom a policy accepts, and that everything that weakens it has a name.
#include "base/file.h"
#include "image/test_vectors.h"
#include "verify/files/collateral_folder.h"
#include "verify/files/policy_file.h"
#include "world.h"

namespace sgxx::verify {
namespace {

std::vector<std::string> with_rule(const EnclaveRule& rule) {
  World world;
  world.policy.enclaves = {rule};
  return reasons(world.verdict());
}

TEST(Policy, NamesSomebodyOrAcceptsNobody) {
  World world;
  world.policy.enclaves.clear();
  EXPECT_THAT(reasons(world.verdict()), AreExactly("policy-names-nobody", "identity-not-accepted"));
  EnclaveRule rule;
  EXPECT_THAT(with_rule(rule), AreExactly("policy-names-nobody", "identity-not-accepted"));
  rule.mr_signer = world.report.mr_signer;
  EXPECT_THAT(with_rule(rule), AreExactly("policy-names-nobody", "identity-not-accepted"));
  rule.product_id = 7;
  EXPECT_THAT(with_rule(rule), AreExactly("policy-names-nobody", "identity-not-accepted"));
  rule.min_version = 3;
  EXPECT_THAT(with_rule(rule), AreExactly());
  Verdict unjudged = appraise(world.quote_bytes(), world.collateral, world.policy.roots, kAsOf);
  EXPECT_TRUE(unjudged.genuine());
  EXPECT_FALSE(unjudged.accepted()) << "without a policy";
}

TEST(Policy, EveryConditionOfARuleHolds) {
  World world;
  EnclaveRule right;
  right.mr_signer = world.report.mr_signer;
  right.product_id = 7;
  right.min_version = 3;
  auto refused = [&](auto change) {
    EnclaveRule rule = right;
    change(rule);
    return with_rule(rule);
  };
  auto other = AreExactly("identity-not-accepted");
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.mr_enclave.emplace(); }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { (*rule.mr_signer)[0] ^= 1; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.product_id = 8; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.min_version = 4; }), other) << "a lower SVN";
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.min_version = 2; }), AreExactly()) << "a higher one";
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.family_id = {1}; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.extended_product_id = {1}; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.config_id = {1}; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.min_config_svn = 1; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.attributes = {isa::attribute::kss, isa::attribute::kss}; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.xfrm = {7, 7}; }), other);
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.xfrm = {3, 3}; }), AreExactly());
  EXPECT_THAT(refused([](EnclaveRule& rule) { rule.misc_select = {1, 1}; }), other);
}

TEST(Policy, WhatTheHostConfiguresIsZeroUnlessTheRuleSaysOtherwise) {
  World world;
  world.report.config_id[5] = 1;
  world.make();
  EXPECT_THAT(reasons(world.verdict()), AreExactly("identity-not-accepted"));
  world.policy.enclaves[0].config_id = world.report.config_id;
  EXPECT_TRUE(world.verdict().accepted());
  world.policy.enclaves[0].config_id.reset();
  world.policy.enclaves[0].any_config = true;
  EXPECT_TRUE(world.verdict().accepted());
  World svn;
  svn.report.config_svn = 2;
  svn.make();
  EXPECT_THAT(reasons(svn.verdict()), AreExactly("identity-not-accepted"));
  svn.policy.enclaves[0].min_config_svn = 2;
  EXPECT_TRUE(svn.verdict().accepted());
}

TEST(Policy, OneOfSeveralRulesIsEnough) {
  World world;
  EnclaveRule other;
  other.mr_enclave.emplace();
  world.policy.enclaves.insert(world.policy.enclaves.begin(), other);
  EXPECT_TRUE(world.verdict().accepted());
}

TEST(Policy, AttributesThatMakeAnEnclaveWorthless) {
  auto with_flags = [](u64 flags, std::vector<Accept> accept = {}) {
    World world;
    world.report.attributes.flags = flags;
    world.policy.accept.insert(world.policy.accept.end(), accept.begin(), accept.end());
    world.make();
    return reasons(world.verdict());
  };
  using namespace isa::attribute;
  EXPECT_THAT(with_flags(init | mode64 | debug), AreExactly("debug"));
  EXPECT_THAT(with_flags(init | mode64 | debug, {Accept::debug}), AreExactly());
  EXPECT_THAT(with_flags(mode64), AreExactly("attributes"));
  EXPECT_THAT(with_flags(init), AreExactly("attributes"));
  EXPECT_THAT(with_flags(init | mode64 | provision_key), AreExactly("attributes"));
  EXPECT_THAT(with_flags(init | mode64 | einit_token_key), AreExactly("attributes"));
  EXPECT_THAT(with_flags(init | mode64 | provision_key, {Accept::provision_key}), AreExactly());
  EXPECT_THAT(with_flags(init | mode64 | kss), AreExactly());
}

TEST(Policy, TheInsecureRootNeedsItsToken) {
  World world;
  world.policy.accept.clear();
  EXPECT_THAT(reasons(world.verdict()), AreExactly("insecure-root"));
}

TEST(Policy, StatusAndAdvisoriesNeedTheirNames) {
  World world;
  world.knobs.tcb_info.levels[0].status = "SWHardeningNeeded";
  world.knobs.tcb_info.levels[0].advisories = {"INTEL-SA-00334", "INTEL-SA-00615"};
  world.make();
  EXPECT_THAT(reasons(world.verdict()), AreExactly("tcb-status", "advisory", "advisory"));
  world.policy.accept.push_back(Accept::sw_hardening_needed);
  EXPECT_THAT(reasons(world.verdict()), AreExactly("advisory", "advisory"));
  world.policy.advisories = {"INTEL-SA-00615"};
  EXPECT_THAT(reasons(world.verdict()), AreExactly("advisory"));
  world.policy.advisories.emplace_back("INTEL-SA-00334");
  EXPECT_TRUE(world.verdict().accepted());
  world.policy.advisories.clear();
  world.policy.accept.push_back(Accept::any_advisory);
  EXPECT_TRUE(world.verdict().accepted());
}

TEST(Policy, OlderCollateralThanSeenIsRefused) {
  World world;
  world.knobs.tcb_info.evaluation_data_number = 17;
  world.knobs.qe_identity.evaluation_data_number = 16;
  world.knobs.root_crl.number = 5;
  world.knobs.intermediate_crl.number = 6;
  world.make();
  EXPECT_EQ(world.verdict().tcb_evaluation_number, 17u);
  world.policy.min_evaluation_number = 16;
  world.policy.min_root_crl_number = 5;
  world.policy.min_pck_crl_number = 6;
  EXPECT_TRUE(world.verdict().accepted());
  world.policy.min_evaluation_number = 17;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("evaluation-number"));
  world.policy.min_evaluation_number = 18;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("evaluation-number", "evaluation-number"));
  world.policy.min_evaluation_number = 0;
  world.policy.min_root_crl_number = 6;
  world.policy.min_pck_crl_number = 7;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("crl-number", "crl-number"));
  world.collateral.crls.clear();
  EXPECT_THAT(reasons(world.verdict()), AreExactly("crl-missing", "crl-missing", "crl-number", "crl-number"));
}

TEST(Policy, AClockInThePastIsRefusedByATrustedBound) {
  // Collateral that ended long ago, and a host that says it is still then.
  World world;
  world.knobs.tcb_info.next_update = kBefore;
  world.make();
  const Time then = kAsOf - std::chrono::days(30);
  EXPECT_TRUE(world.verdict(then).accepted());
  EXPECT_THAT(reasons(world.verdict(kAsOf)), AreExactly("tcb-info-expired"));
  world.policy.not_before = kAsOf;
  EXPECT_THAT(reasons(world.verdict(then)), AreExactly("time-before-bound"));
}

TEST(Policy, PlatformsCanBeListed) {
  World world;
  world.policy.platforms = {{1, 2, 3}};
  EXPECT_THAT(reasons(world.verdict()), AreExactly("platform-not-listed"));
  world.policy.platforms.push_back(world.knobs.sgx.ppid);
  EXPECT_TRUE(world.verdict().accepted());
  world.policy.platforms = {*world.knobs.sgx.platform_instance_id};
  EXPECT_TRUE(world.verdict().accepted());
}

TEST(Policy, ReportDataCanBeAskedFor) {
  World world;
  world.policy.report_data = world.report.report_data;
  EXPECT_TRUE(world.verdict().accepted());
  (*world.policy.report_data)[63] ^= 1;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("report-data"));
}

// The file.

constexpr const char* kHash = "e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1e1";

std::string error_of(const std::string& text) {
  auto policy = parse_policy(text, "p.toml", "");
  return policy ? "" : policy.error().message();
}

TEST(PolicyFile, SaysWhatItMeans) {
  const std::string text = R"(
accept = ["debug", "insecure-root", "any-advisory"]
advisories = ["INTEL-SA-00334"]
roots = ["intel"]
min_evaluation_number = 17
min_root_crl_number = 2
min_pck_crl_number = 3
platforms = ["000102030405060708090a0b0c0d0e0f"]
not_before = 2026-01-31T12:00:00Z
[[enclave]]
mrenclave = ")" + std::string(kHash) +
                           R"("
[[enclave]]
mrsigner = ")" + std::string(kHash) +
                           R"("
product_id = 7
min_version = 3
any_config = true
attributes = { value = "0x80", mask = "0x8000000000000080" }
[[trust_domain]]
mrtd = ")" + std::string(kHash) +
                           std::string(kHash, 32) + R"("
)";
  auto policy = parse_policy(text, "p.toml", "");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_TRUE(policy->accepts(Accept::debug) && policy->accepts(Accept::insecure_root) && policy->accepts(Accept::any_advisory));
  EXPECT_FALSE(policy->accepts(Accept::out_of_date));
  EXPECT_EQ(policy->roots, std::vector{kIntelRootKey});
  EXPECT_EQ(policy->min_evaluation_number, 17u);
  EXPECT_EQ(policy->min_root_crl_number, 2u);
  EXPECT_EQ(policy->min_pck_crl_number, 3u);
  EXPECT_EQ(policy->platforms.size(), 1u);
  using namespace std::chrono_literals;
  EXPECT_EQ(policy->not_before, std::chrono::sys_days(2026y / 1 / 31) + 12h);
  ASSERT_EQ(policy->enclaves.size(), 2u);
  EXPECT_EQ((*policy->enclaves[0].mr_enclave)[31], 0xe1);
  EXPECT_EQ(policy->enclaves[1].product_id, 7);
  EXPECT_TRUE(policy->enclaves[1].any_config);
  EXPECT_EQ(policy->enclaves[1].attributes->mask, 0x8000000000000080u);
  EXPECT_EQ(policy->domains.size(), 1u);
}

TEST(PolicyFile, ErrorsNameLineAndKey) {
  const std::string good = "[[enclave]]\nmrenclave = \"" + std::string(kHash) + "\"\n";
  EXPECT_EQ(error_of(good), "");
  EXPECT_THAT(error_of(""), ::testing::StartsWith("p.toml: it names nobody"));
  EXPECT_THAT(error_of("[[enclave]]\nmrsigner = \"" + std::string(kHash) + "\"\n"),
              ::testing::StartsWith("p.toml:1:1: enclave: expected mrenclave, or mrsigner with product_id and min_version"));
  EXPECT_THAT(error_of("acept = [\"debug\"]\n" + good), ::testing::HasSubstr("unknown key acept; did you mean accept?"));
  EXPECT_THAT(error_of("accept = [\"debugging\"]\n" + good),
              ::testing::StartsWith("p.toml:1:11: accept: expected one of \"debug\""));
  EXPECT_THAT(error_of("accept = \"debug\"\n" + good), ::testing::StartsWith("p.toml:1:10: accept: expected a list"));
  EXPECT_THAT(error_of("[[enclave]]\nmrenclave = \"e1\"\n"), ::testing::StartsWith("p.toml:2:13: mrenclave: expected 64 hex"));
  EXPECT_THAT(error_of(good + "mrsinger = \"\"\n"), ::testing::HasSubstr("did you mean mrsigner?"));
  EXPECT_THAT(error_of(good + "product_id = 65536\n"), ::testing::HasSubstr("p.toml:3:14: product_id: expected an integer"));
  EXPECT_THAT(error_of(good + "xfrm = { value = 4, mask = 3 }\n"), ::testing::HasSubstr("outside of the mask"));
  EXPECT_THAT(error_of("roots = [\"/nowhere/root.pem\"]\n" + good), ::testing::HasSubstr("/nowhere/root.pem"));
  EXPECT_THAT(error_of("not_before = 2026-01-31\n" + good), ::testing::HasSubstr("not_before: expected a time"));
  EXPECT_THAT(error_of("enclave = 3\n"), ::testing::HasSubstr("enclave: expected a list of tables"));
}

TEST(PolicyFile, TheDocumentationHasThisTable) {
  auto page = read_file(SGXX_SOURCE_DIR "/docs/attestation.md");
  ASSERT_TRUE(page);
  EXPECT_NE(text_of(*page).find(policy_key_table()), std::string::npos) << policy_key_table();
  for (unsigned i = 0; i <= static_cast<unsigned>(kLastReason); ++i) {
    const auto reason = static_cast<Reason>(i);
    const auto row = std::string("| `") + name_of(reason) + "` | " + explanation_of(reason) + " |";
    EXPECT_NE(text_of(*page).find(row), std::string::npos) << row;
  }
}

TEST(PolicyFile, TokensHaveNames) {
  for (unsigned i = 0; i <= static_cast<unsigned>(kLastAccept); ++i) {
    const auto token = static_cast<Accept>(i);
    EXPECT_EQ(accept_named(name_of(token)), token);
  }
  EXPECT_FALSE(accept_named("revoked"));
  for (unsigned i = 0; i <= static_cast<unsigned>(kLastReason); ++i) {
    EXPECT_NE(std::string(name_of(static_cast<Reason>(i))), "");
    EXPECT_NE(std::string(explanation_of(static_cast<Reason>(i))), "");
  }
}

TEST(CollateralFolder, TellsFilesApartByWhatIsInThem) {
  World world;
  Collateral read;
  EXPECT_TRUE(add_collateral(read, bytes_of(world.pki->pck_chain())));
  EXPECT_TRUE(add_collateral(read, world.pki->root));
  EXPECT_TRUE(add_collateral(read, world.pki->root_crl));
  EXPECT_TRUE(add_collateral(read, bytes_of(soft::to_pem(world.pki->intermediate_crl, "X509 CRL"))));
  EXPECT_TRUE(add_collateral(read, bytes_of(image::hex(world.pki->root_crl) + "\n")));
  EXPECT_TRUE(add_collateral(read, bytes_of(world.pki->tcb_info)));
  EXPECT_TRUE(add_collateral(read, bytes_of(world.pki->qe_identity)));
  EXPECT_FALSE(add_collateral(read, world.quote_bytes()));
  EXPECT_FALSE(add_collateral(read, {}));
  EXPECT_FALSE(add_collateral(read, bytes_of("{}")));
  EXPECT_FALSE(add_collateral(read, bytes_of("A text.")));
  EXPECT_EQ(read.certificates.size(), 2u);
  EXPECT_EQ(read.crls.size(), 3u);
  EXPECT_EQ(read.tcb_infos.size(), 1u);
  EXPECT_EQ(read.qe_identities.size(), 1u);
}

}  // namespace
}  // namespace sgxx::verify
