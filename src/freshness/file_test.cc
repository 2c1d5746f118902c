// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sgxx/freshness.h>

#include <filesystem>
#include <fstream>

namespace sgxx {
namespace {

const VolumeId kVolume{{1}}, kOther{{2}};

Anchor anchor(std::uint64_t generation, std::uint8_t history = 1) {
  return {generation, StateId{{static_cast<std::uint8_t>(generation), history}}};
}

class FreshnessFile : public testing::Test {
 protected:
  void SetUp() override {
    path_ = testing::TempDir() + "anchors-" + testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove(path_);
  }
  void TearDown() override { std::filesystem::remove(path_); }
  ErrorCode code_of(auto&& call) {
    try {
      call();
    } catch (const SdkError& error) {
      return error.code();
    }
    ADD_FAILURE() << "nothing was thrown";
    return {};
  }
  std::string path_;
};

TEST_F(FreshnessFile, RemembersForTheNextProcess) {
  FileFreshness(path_).advance(kVolume, std::nullopt, anchor(1));
  FileFreshness(path_).advance(kOther, std::nullopt, anchor(7));
  FileFreshness(path_).advance(kVolume, anchor(1), anchor(3));
  EXPECT_EQ(FileFreshness(path_).current(kVolume), anchor(3));
  EXPECT_EQ(FileFreshness(path_).current(kOther), anchor(7));
  EXPECT_EQ(FileFreshness(path_).current(VolumeId{{3}}), std::nullopt);
}

TEST_F(FreshnessFile, GoesOnlyFromWhereItIs) {
  FileFreshness file(path_);
  file.advance(kVolume, std::nullopt, anchor(1));
  file.advance(kVolume, std::nullopt, anchor(1));  // again is no harm
  EXPECT_EQ(code_of([&] { file.advance(kVolume, std::nullopt, anchor(2)); }), ErrorCode::conflict);
  EXPECT_EQ(code_of([&] { file.advance(kVolume, anchor(1, 2), anchor(2)); }), ErrorCode::conflict);
  EXPECT_EQ(code_of([&] { file.advance(kVolume, anchor(1), anchor(1, 2)); }), ErrorCode::bad_argument);
  EXPECT_EQ(file.current(kVolume), anchor(1));
}

TEST_F(FreshnessFile, ADamagedFileIsNoEmptyOne) {
  for (const char* text : {"x\n", "01000000000000000000000000000000 1\n", "\n",
                           "01000000000000000000000000000000 0 01010000000000000000000000000000\n",
                           "01000000000000000000000000000000 1 01010000000000000000000000000000 more\n"}) {
    std::ofstream(path_) << text;
    EXPECT_EQ(code_of([&] { FileFreshness(path_).current(kVolume); }), ErrorCode::malformed) << text;
  }
  EXPECT_EQ(code_of([] { FileFreshness("/nowhere/anchors").advance(kVolume, std::nullopt, anchor(1)); }), ErrorCode::unavailable);
}

}  // namespace
}  // namespace sgxx
