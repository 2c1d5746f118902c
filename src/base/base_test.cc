// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cerrno>
#include <memory>

#include "base/address.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/error.h"

namespace sgxx {
namespace {

Result<int> half(int value) {
  if (value % 2 != 0) return bad_input("odd");
  return value / 2;
}

Result<int> quarter(int value) {
  const int halved = TRY(half(value));
  return TRY(half(halved));
}

TEST(Result, TryYieldsTheValueOrReturnsTheError) {
  EXPECT_EQ(quarter(12).value(), 3);
  EXPECT_EQ(quarter(6).error().message(), "odd");
}

TEST(Result, OwnsWhatItHolds) {
  Result<std::unique_ptr<int>> owned = std::make_unique<int>(7);
  Result<std::unique_ptr<int>> moved = std::move(owned);
  EXPECT_EQ(**moved, 7);
}

TEST(Result, AskingAnErrorForItsValueTraps) { EXPECT_DEATH((void)half(3).value(), ""); }

TEST(Error, SystemErrorNamesTheReason) {
  errno = ENOENT;
  EXPECT_EQ(system_error("open x").error.message(), "open x: No such file or directory");
}

TEST(Checked, FitsNeverWraps) {
  EXPECT_TRUE(fits(0, 0, 0));
  EXPECT_TRUE(fits(4, 4, 8));
  EXPECT_FALSE(fits(4, 5, 8));
  EXPECT_FALSE(fits(~0ull, 2, 8));
  EXPECT_FALSE(fits(8, ~0ull, 8));
}

TEST(Checked, AlignUpSaysWhenItPassesTheEnd) {
  EXPECT_EQ(checked_align_up(1, 4096), 4096u);
  EXPECT_EQ(checked_align_up(~0ull - 5, 4096), std::nullopt);
}

TEST(Range, ContainsAndOverlaps) {
  OffsetRange range{EnclaveOffset(0x1000), 0x1000};
  EXPECT_TRUE(range.contains(OffsetRange{EnclaveOffset(0x1000), 0x1000}));
  EXPECT_FALSE(range.contains(OffsetRange{EnclaveOffset(0x1001), 0x1000}));
  EXPECT_FALSE(range.overlaps(OffsetRange{EnclaveOffset(0x2000), 1}));
  EXPECT_TRUE(range.overlaps(OffsetRange{EnclaveOffset(0x1fff), 1}));
}

TEST(Bytes, ReadAtIsBoundsChecked) {
  const std::array<u8, 6> bytes{1, 0, 0, 0, 2, 0};
  EXPECT_EQ(read_at<u32>(bytes, 0), 1u);
  EXPECT_EQ(read_at<u32>(bytes, 2), 0x20000u);
  EXPECT_EQ(read_at<u32>(bytes, 3), std::nullopt);
}

}  // namespace
}  // namespace sgxx
