// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

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

}  // namespace
}  // namespace sgxx::isa
