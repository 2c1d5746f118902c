// SPDX-License-Identifier: Apache-2.0
#include "tls/evidence.h"

#include <gtest/gtest.h>

namespace sgxx::tls {
namespace {

Claims claims(std::size_t nonce) {
  Claims made{{}, Bytes(nonce, 7)};
  made.key_hash.bytes.fill(0x11);
  return made;
}

Bytes hex(std::string_view text) {
  Bytes bytes(text.size() / 2);
  EXPECT_TRUE(from_hex(text, bytes));
  return bytes;
}

TEST(Evidence, ClaimsAreTheBytesThatOthersRead) {
  // {"pubkey-hash": h'82 01 5820 11..11', "nonce": h'0707'}
  EXPECT_EQ(encode_claims(claims(2)), hex("a26b7075626b65792d6861736858248201582011111111111111111111111111111111111111111111"
                                          "11111111111111111111656e6f6e6365420707"));
}

TEST(Evidence, EvidenceIsTaggedWithSixtyThousand) {
  EXPECT_EQ(encode_evidence({{1, 2}, {3}}), hex("d9ea608242010241"
                                                "03"));
  EXPECT_EQ(encode_evidence({Bytes(300, 5), {}}).size(), 3 + 1 + 3 + 300 + 1u);
}

TEST(Evidence, ComesBack) {
  const auto decoded = decode_claims(encode_claims(claims(32)));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->key_hash, claims(32).key_hash);
  EXPECT_EQ(decoded->nonce, Bytes(32, 7));
  const auto evidence = decode_evidence(encode_evidence({Bytes(5000, 1), Bytes(30, 2)}));
  ASSERT_TRUE(evidence);
  EXPECT_EQ(evidence->quote, Bytes(5000, 1));
  EXPECT_EQ(evidence->claims, Bytes(30, 2));
}

TEST(Evidence, TruncatedOrLongerIsNone) {
  const Bytes whole = encode_claims(claims(32));
  for (std::size_t length = 0; length < whole.size(); ++length) EXPECT_FALSE(decode_claims(ByteView(whole).first(length)));
  const Bytes evidence = encode_evidence({Bytes(40, 1), Bytes(30, 2)});
  for (std::size_t length = 0; length < evidence.size(); ++length) {
    EXPECT_FALSE(decode_evidence(ByteView(evidence).first(length)));
  }
  Bytes longer = whole;
  longer.push_back(0);
  EXPECT_FALSE(decode_claims(longer));
}

TEST(Evidence, OtherEncodingsOfTheSameAreNone) {
  EXPECT_FALSE(
      decode_evidence(hex("da0000ea6082420102"
                          "4103")));  // a longer tag
  EXPECT_FALSE(
      decode_evidence(hex("d9ea60825802010241"
                          "03")));                             // a longer length
  EXPECT_FALSE(decode_evidence(hex("d9ea609f4201024103ff")));  // an array without length
  EXPECT_FALSE(
      decode_evidence(hex("d9ea618242010241"
                          "03")));                                     // another tag
  EXPECT_FALSE(decode_evidence(hex("d9ea60825bffffffffffffffff01")));  // as long as can be
}

TEST(Evidence, ClaimsNameTheKeyOnceAndWithSha256) {
  const std::string name = "6b7075626b65792d68617368", value =
                                                           "58248201"
                                                           "5820" +
                                                           std::string(64, '1');
  EXPECT_TRUE(decode_claims(hex("a1" + name + value)));
  EXPECT_FALSE(decode_claims(hex("a0")));
  EXPECT_FALSE(decode_claims(hex("a2" + name + value + name + value)));
  EXPECT_FALSE(decode_claims(hex("a1" + name +
                                 "58248207"
                                 "5820" +
                                 std::string(64, '1'))));  // SHA-384's number
  EXPECT_TRUE(decode_claims(hex("a2" + name + value +
                                "6178"
                                "4100")));  // another claim
}

}  // namespace
}  // namespace sgxx::tls
