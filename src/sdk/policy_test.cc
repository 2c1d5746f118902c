// SPDX-License-Identifier: Apache-2.0
#include "sgxx/policy.h"

#include <gtest/gtest.h>

namespace sgxx {
namespace {

Identity identity() {
  Identity who;
  who.mr_enclave.bytes.fill(1);
  who.mr_signer.bytes.fill(2);
  who.product_id = ProductId{7};
  who.version = SecurityVersion{3};
  who.attributes.flags = Attributes::kInit | Attributes::kMode64;
  return who;
}

TEST(PeerPolicy, SaysNoUnlessToldOtherwise) { EXPECT_EQ(PeerPolicy().judge(identity()), Refusal::unknown_enclave); }

TEST(PeerPolicy, AcceptsABuildWhoeverSignedIt) {
  const PeerPolicy policy = PeerPolicy().accept(identity().mr_enclave);
  Identity who = identity();
  who.mr_signer = {};
  EXPECT_EQ(policy.judge(who), std::nullopt);
  who.mr_enclave.bytes[31] ^= 1;
  EXPECT_EQ(policy.judge(who), Refusal::unknown_enclave);
}

TEST(PeerPolicy, AcceptsAProductFromAVersionOn) {
  const PeerPolicy policy = PeerPolicy().accept(identity().mr_signer, ProductId{7}, SecurityVersion{3});
  Identity who = identity();
  who.mr_enclave = {};
  EXPECT_EQ(policy.judge(who), std::nullopt);
  who.version = SecurityVersion{65535};
  EXPECT_EQ(policy.judge(who), std::nullopt);
  who.version = SecurityVersion{2};
  EXPECT_EQ(policy.judge(who), Refusal::old_version);
  who.product_id = ProductId{8};
  EXPECT_EQ(policy.judge(who), Refusal::other_product);
  who.mr_signer.bytes[0] ^= 1;
  EXPECT_EQ(policy.judge(who), Refusal::unknown_enclave);
}

TEST(PeerPolicy, OfSeveralRulesTheNearestGivesTheReason) {
  const PeerPolicy policy = PeerPolicy()
                                .accept(identity().mr_signer, ProductId{7}, SecurityVersion{4})
                                .accept(identity().mr_signer, ProductId{9}, SecurityVersion{0});
  EXPECT_EQ(policy.judge(identity()), Refusal::old_version);
}

TEST(PeerPolicy, DebugNeedsItsToken) {
  PeerPolicy policy = PeerPolicy().accept(identity().mr_enclave);
  Identity who = identity();
  who.attributes.flags |= Attributes::kDebug;
  EXPECT_EQ(policy.judge(who), Refusal::debug);
  policy.accept(DebugEnclavesProtectNothing{});
  EXPECT_EQ(policy.judge(who), std::nullopt);
  EXPECT_EQ(policy.judge(identity()), std::nullopt);
  who.mr_enclave = {};
  EXPECT_EQ(policy.judge(who), Refusal::unknown_enclave);
}

TEST(PeerPolicy, StrangeAttributesAreRefused) {
  const PeerPolicy policy = PeerPolicy().accept(identity().mr_enclave);
  for (const std::uint64_t flag : {Attributes::kInit, Attributes::kProvisionKey, Attributes::kEinitTokenKey}) {
    Identity who = identity();
    who.attributes.flags ^= flag;
    EXPECT_EQ(policy.judge(who), Refusal::attributes) << flag;
  }
}

}  // namespace
}  // namespace sgxx
