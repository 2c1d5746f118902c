// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "base/bytes.h"
#include "isa/quote.h"
#include "isa/sgx.h"
#include "isa/xstate.h"

namespace sgxx::isa {
namespace {

TEST(SecInfo, EncodesRightsAndType) {
  EXPECT_EQ(SecInfo::reg(Permission::rx()).flags, 0x205u);
  EXPECT_EQ(SecInfo::reg(Permission::rw()).flags, 0x203u);
  EXPECT_EQ(SecInfo::tcs().flags, 0x100u);
}

TEST(ExitInfo, EncodesVectorTypeAndValidity) {
  EXPECT_EQ(ExitInfo::hardware_exception(vector::ud).value, 0x80000306u);
  EXPECT_EQ(ExitInfo::software_exception(vector::bp).value, 0x80000603u);
  EXPECT_FALSE(ExitInfo{0x306}.valid());
}

TEST(Xfrm, LegalCombinations) {
  EXPECT_TRUE(is_legal_xfrm(3));
  EXPECT_TRUE(is_legal_xfrm(0xe7));
  EXPECT_TRUE(is_legal_xfrm(0x602e7));
  EXPECT_FALSE(is_legal_xfrm(1));
  EXPECT_FALSE(is_legal_xfrm(0xe3));
  EXPECT_FALSE(is_legal_xfrm(0x67));
  EXPECT_FALSE(is_legal_xfrm(0x20007));
}

TEST(Quote, HeaderAndCertificationHeaderLieAsInAQuote) {
  // The beginning of a version 3 quote and the header of a PCK chain, as bytes.
  constexpr std::array<u8, 12> kHeader = {3, 0, 2, 0, 0, 0, 0, 0, 8, 0, 13, 0};
  std::array<u8, sizeof(QuoteHeader)> bytes{};
  std::copy(kHeader.begin(), kHeader.end(), bytes.begin());
  auto header = read_at<QuoteHeader>(bytes, 0).value();
  EXPECT_EQ(header.version, 3);
  EXPECT_EQ(header.key_type, kKeyTypeEcdsaP256);
  EXPECT_EQ(header.qe_svn, 8);
  EXPECT_EQ(header.pce_svn, 13);
  constexpr std::array<u8, 6> kChain = {5, 0, 0x34, 0x0e, 0, 0};
  auto chain = read_at<CertificationHeader>(kChain, 0).value();
  EXPECT_EQ(u16{chain.type}, u16{5});
  EXPECT_EQ(u32{chain.length}, u32{0x0e34});
}

}  // namespace
}  // namespace sgxx::isa
