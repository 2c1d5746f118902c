// SPDX-License-Identifier: Apache-2.0
//
// TDX trust domains: versions 4 and 5, TDX 1.0 and 1.5, the TDX module and its identities.
#include "image/test_vectors.h"
#include "world.h"

namespace sgxx::verify {
namespace {

std::string components(const char* name, u8 first, u8 third) {
  std::string list = std::string("\"") + name + "\":[";
  for (int i = 0; i < 16; ++i)
    list += (i == 0 ? "" : ",") + ("{\"svn\":" + std::to_string(i == 0 ? first : i == 2 ? third : 0)) + "}";
  return list + "]";
}

/// TCB info of a TDX platform as the service sends it, version 3.
struct TdxTcbInfo {
  std::string status = "UpToDate", module_status = "UpToDate";
  u8 tdx_first = 4, tdx_third = 6;
  std::string module_attributes = "0000000000000000", mr_signer = std::string(96, '0');
  std::string identity_id = "TDX_03";
  u16 module_svn = 4;

  std::string body(const soft::SgxExtensionKnobs& sgx) const {
    const std::string date = "\"tcbDate\":\"2024-01-01T00:00:00Z\"";
    const std::string module =
        "\"mrsigner\":\"" + mr_signer + "\",\"attributes\":\"" + module_attributes + "\",\"attributesMask\":\"FFFFFFFFFFFFFFFF\"";
    return "{\"id\":\"TDX\",\"version\":3,\"issueDate\":\"2024-01-01T00:00:00Z\",\"nextUpdate\":\"2040-01-01T00:00:00Z\","
           "\"fmspc\":\"" +
           image::hex(sgx.fmspc) + "\",\"pceId\":\"" + image::hex(sgx.pce_id) +
           "\",\"tcbType\":0,\"tcbEvaluationDataNumber\":12,\"tdxModule\":{" + module + "},\"tdxModuleIdentities\":[{\"id\":\"" +
           identity_id + "\"," + module + ",\"tcbLevels\":[{\"tcb\":{\"isvsvn\":" + std::to_string(module_svn) + "}," + date +
           ",\"tcbStatus\":\"" + module_status + "\",\"advisoryIDs\":[\"INTEL-SA-1\"]}]}],\"tcbLevels\":[{\"tcb\":{" +
           components("sgxtcbcomponents", static_cast<u8>(sgx.components[0]), 0) + ",\"pcesvn\":" + std::to_string(sgx.pce_svn) +
           "," + components("tdxtcbcomponents", tdx_first, tdx_third) + "}," + date + ",\"tcbStatus\":\"" + status + "\"}]}";
  }
};

struct DomainWorld : World {
  DomainWorld() {
    knobs.qe_identity.id = "TD_QE";
    make();
    domain.base.mr_td.fill(0x7d);
    domain.base.report_data.fill(0xda);
    domain.base.tee_tcb_svn = {4, 0, 6};
    DomainRule rule;
    rule.mr_td = domain.base.mr_td;
    policy.domains = {rule};
    policy.advisories = {"INTEL-SA-1"};
    quote.header.version = 4;
    quote.header.tee_type = static_cast<u32>(isa::TeeType::tdx);
    sign();
  }
  void sign() {
    quote.body.assign(as_bytes_of(domain.base).begin(), as_bytes_of(domain.base).end());
    collateral.tcb_infos = {bytes_of(soft::signed_json("tcbInfo", info.body(knobs.sgx), pki->tcb_signing_key))};
  }
  void sign_version_5() {
    const isa::QuoteBodyHeader header{static_cast<u16>(isa::QuoteBodyType::td_report_1_5), sizeof(isa::TdReport15)};
    quote.header.version = 5;
    quote.body.assign(as_bytes_of(header).begin(), as_bytes_of(header).end());
    quote.body.insert(quote.body.end(), as_bytes_of(domain).begin(), as_bytes_of(domain).end());
  }

  isa::TdReport15 domain{};
  TdxTcbInfo info;
};

template <class Change>
std::vector<std::string> after(Change change) {
  DomainWorld world;
  change(world);
  world.sign();
  return reasons(world.verdict());
}

TEST(Domain, TheRightQuoteIsAccepted) {
  DomainWorld world;
  auto verdict = world.verdict();
  EXPECT_TRUE(verdict.accepted()) << to_json(verdict);
  EXPECT_FALSE(verdict.enclave);
  EXPECT_EQ(verdict.domain->mr_td, world.domain.base.mr_td);
  EXPECT_EQ(verdict.tcb_evaluation_number, 12u);
  world.domain.mr_service_td.fill(3);
  world.sign_version_5();
  verdict = world.verdict();
  EXPECT_TRUE(verdict.accepted()) << to_json(verdict);
  EXPECT_EQ(verdict.domain->mr_service_td, world.domain.mr_service_td);
}

TEST(Domain, CollateralOfEnclavesIsNotItsOwn) {
  DomainWorld world;
  const World enclave;
  world.collateral.tcb_infos = enclave.collateral.tcb_infos;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("tcb-info-missing", "tcb-status"));
  world.sign();
  world.collateral.qe_identities = enclave.collateral.qe_identities;
  EXPECT_THAT(reasons(world.verdict()), AreExactly("qe-identity-missing", "tcb-status"));
}

TEST(Domain, HeaderAndBodyAgree) {
  DomainWorld world;
  world.quote.header.version = 3;
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("quote-malformed"));
  world.quote.header.version = 4;
  world.quote.header.tee_type = 0;
  EXPECT_FALSE(world.verdict().genuine());
  world.quote.header.tee_type = 0x82;
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("quote-unsupported"));
  world.quote.header.tee_type = 0x81;
  world.sign_version_5();
  world.quote.body[0] = 2;  // TDX 1.0 with the size of 1.5
  EXPECT_THAT(reasons(world.verdict()), ::testing::Contains("quote-malformed"));
}

TEST(Domain, ComponentsOfTdxCountToo) {
  auto below = AreExactly("tcb-level-missing", "tcb-status");
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.tee_tcb_svn[0] = 3; }), below);
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.tee_tcb_svn[2] = 5; }), below);
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.tee_tcb_svn[0] = 5; }), AreExactly());
}

TEST(Domain, TheModuleIsOneThatIsKnown) {
  auto unknown = ::testing::Contains("tdx-module");
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.mr_signer_seam[0] = 1; }), unknown);
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.seam_attributes = 1; }), unknown);
  // Generation 3 has an identity with levels; the first component of the platform's level is then not looked at.
  EXPECT_THAT(after([](DomainWorld& w) {
                w.domain.base.tee_tcb_svn[1] = 3;
                w.info.tdx_first = 200;
              }),
              AreExactly());
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.tee_tcb_svn[1] = 4; }), unknown);
  EXPECT_THAT(after([](DomainWorld& w) {
                w.domain.base.tee_tcb_svn[1] = 3;
                w.info.module_svn = 5;
              }),
              unknown);
  EXPECT_THAT(after([](DomainWorld& w) {
                w.domain.base.tee_tcb_svn[1] = 3;
                w.info.module_status = "OutOfDate";
              }),
              AreExactly("tcb-status"));
}

TEST(Domain, APolicySaysWhich) {
  auto other = AreExactly("identity-not-accepted");
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.mr_td[0] ^= 1; }), other);
  EXPECT_THAT(after([](DomainWorld& w) { w.policy.domains.clear(); }), other) << "a rule for enclaves is none for trust domains";
  EXPECT_THAT(after([](DomainWorld& w) { w.policy.domains[0].rtmr[2].emplace().fill(1); }), other);
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.mr_config_id[0] = 1; }), other);
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.mr_owner[0] = 1; }), other);
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.mr_owner_config[0] = 1; }), other);
  EXPECT_THAT(after([](DomainWorld& w) {
                w.domain.base.mr_owner_config[0] = 1;
                w.policy.domains[0].any_config = true;
              }),
              AreExactly());
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.rtmr[1].fill(9); }), AreExactly()) << "registers that no rule names";
  EXPECT_THAT(after([](DomainWorld& w) { w.domain.base.td_attributes = isa::td_attribute::debug; }), AreExactly("debug"));
  EXPECT_THAT(after([](DomainWorld& w) {
                w.policy.domains[0].attributes = {isa::td_attribute::perfmon, isa::td_attribute::perfmon};
              }),
              other);
}

TEST(Domain, NoTruncationIsRead) {
  DomainWorld world;
  world.sign_version_5();
  const auto good = world.quote_bytes();
  const Verifier verifier(world.collateral, world.policy.roots);
  for (std::size_t length = 0; length < good.size(); ++length) {
    ASSERT_TRUE(verifier.appraise(ByteView(good).first(length), kAsOf).has(Reason::quote_malformed)) << length;
  }
}

}  // namespace
}  // namespace sgxx::verify
