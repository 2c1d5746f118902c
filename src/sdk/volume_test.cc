// SPDX-License-Identifier: Apache-2.0
//
// The SDK's part of volumes, over calls that a test answers: whom it asks before it opens, and what becomes of anchors.
#include <gtest/gtest.h>

#include <cerrno>
#include <deque>

#include "sdk/volume_call.h"

namespace sgxx::sdk {
namespace {

Anchor anchor(u64 generation, u8 history = 1) { return {generation, StateId{{static_cast<u8>(generation), history}}}; }
abi::VolumeAnchor wire(const Anchor& from) { return {from.generation, from.state.bytes}; }
const VolumeId kVolume{{1}};

/// A runtime with one volume.
class FakeCalls final : public VolumeCalls {
 public:
  FakeCalls() {
    info_.volume = kVolume.bytes;
    info_.state = static_cast<u32>(abi::VolumeState::locked);
    info_.freshness = static_cast<u32>(abi::VolumeFreshness::program);
  }
  int open(const std::string&, abi::VolumeOpening& opening) override {
    asked_ = opening;
    if (error_ != 0) return error_;
    opening.volume = shown_.bytes;
    opening.state = ahead_ ? wire(*ahead_) : opening.expected;
    if (ahead_) states_.push_back(*ahead_);
    wire_known_ = opening.expected;
    opening.created = (opening.flags & abi::volume_flag::create) != 0 ? 1 : 0;
    return 0;
  }
  int wait(const std::string&, abi::VolumeAdvance& advance) override {
    if (interrupted_-- > 0) return EINTR;
    if (states_.empty()) return ENODEV;
    advance = {wire_known_, wire(states_.front())};
    states_.pop_front();
    return 0;
  }
  int anchored(const std::string&, const abi::VolumeAnchor& to, int error) override {
    results_.push_back(error);
    if (error == 0) wire_known_ = to;
    return 0;
  }
  int rewrap(const std::string&, const abi::VolumeRewrap&) override { return 0; }
  int info(const std::string&, abi::VolumeInfo& info) override {
    info = info_;
    return info_error_;
  }

  abi::VolumeInfo info_{};
  abi::VolumeOpening asked_{};
  VolumeId shown_ = kVolume;
  std::optional<Anchor> ahead_;  // what is on disk, if it is not what is expected
  int error_ = 0, info_error_ = 0, interrupted_ = 0;
  std::deque<Anchor> states_;
  abi::VolumeAnchor wire_known_{};
  std::vector<int> results_;
};

/// A service that gives no answer, or loses it, as often as it is told.
class FakeFreshness final : public Freshness {
 public:
  std::optional<Anchor> current(const VolumeId& volume) override {
    EXPECT_EQ(volume, kVolume);
    ++asked_;
    return current_;
  }
  void advance(const VolumeId&, const std::optional<Anchor>& from, const Anchor& to) override {
    if (refuse_-- > 0) throw SdkError(ErrorCode::unavailable, "no answer");
    if (current_ != to) {
      if (current_ != from) throw FreshnessConflict(current_, "another");
      current_ = to;
    }
    if (lose_-- > 0) throw SdkError(ErrorCode::unavailable, "the answer was lost");
  }
  std::optional<Anchor> current_;
  int asked_ = 0, refuse_ = 0, lose_ = 0;
};

class SdkVolume : public testing::Test {
 protected:
  ErrorCode refused(bool create = true) {
    try {
      open_volume(calls_, "/data", &key_, service_, create);
    } catch (const SdkError& error) {
      return error.code();
    }
    ADD_FAILURE() << "opened";
    return {};
  }
  void run() {
    Anchoring anchoring(calls_, "/data", kVolume, service_, [&](const SdkError& error) { failures_.push_back(error.code()); });
    while (anchoring.step()) continue;
  }
  FakeCalls calls_;
  std::shared_ptr<FakeFreshness> service_ = std::make_shared<FakeFreshness>();
  VolumeKey key_;
  std::vector<ErrorCode> failures_;
};

TEST_F(SdkVolume, OpensTheStateThatTheServiceKnows) {
  service_->current_ = anchor(7);
  key_.reveal()[0] = 9;
  const OpenedVolume opened = open_volume(calls_, "/data", &key_, service_, true);
  EXPECT_EQ(opened.id, kVolume);
  EXPECT_FALSE(opened.created);
  EXPECT_TRUE(opened.anchoring != nullptr);
  EXPECT_EQ(calls_.asked_.expected, wire(anchor(7)));
  EXPECT_EQ(calls_.asked_.flags, abi::volume_flag::expected);  // and none is made in its place
  EXPECT_EQ(calls_.asked_.volume, kVolume.bytes);
  EXPECT_EQ(calls_.asked_.key[0], 9);
}

TEST_F(SdkVolume, AServiceThatKnowsNoneSaysSo) {
  open_volume(calls_, "/data", &key_, service_, true);
  EXPECT_EQ(calls_.asked_.flags, abi::volume_flag::expected);
  EXPECT_EQ(calls_.asked_.expected, abi::VolumeAnchor{});
}

TEST_F(SdkVolume, OneThatIsAbsentIsMade) {
  calls_.info_.state = static_cast<u32>(abi::VolumeState::absent);
  calls_.info_.volume = {};
  EXPECT_TRUE(open_volume(calls_, "/data", &key_, service_, true).created);
  EXPECT_EQ(service_->asked_, 0);
  EXPECT_EQ(refused(false), ErrorCode::storage);
}

TEST_F(SdkVolume, AStateThatIsAheadIsAnchoredBeforeAnythingElse) {
  service_->current_ = anchor(7);
  calls_.ahead_ = anchor(8);
  open_volume(calls_, "/data", &key_, service_, true);
  EXPECT_EQ(service_->current_, anchor(8));
  EXPECT_EQ(calls_.results_, std::vector<int>{0});
}

TEST_F(SdkVolume, AStateThatIsAheadWaitsForTheNextFsyncWhenThereIsNoAnswer) {
  service_->current_ = anchor(7);
  service_->refuse_ = 1;
  calls_.ahead_ = anchor(8);
  EXPECT_NE(open_volume(calls_, "/data", &key_, service_, true).anchoring, nullptr);
  EXPECT_EQ(calls_.results_, std::vector<int>{EIO});
}

TEST_F(SdkVolume, WithoutFreshnessNobodyIsAsked) {
  calls_.info_.freshness = static_cast<u32>(abi::VolumeFreshness::file);
  EXPECT_EQ(open_volume(calls_, "/data", &key_, nullptr, true).anchoring, nullptr);
  EXPECT_EQ(calls_.asked_.flags, 0u);
  calls_.info_.freshness = static_cast<u32>(abi::VolumeFreshness::program);
  EXPECT_THROW(open_volume(calls_, "/data", &key_, nullptr, true), SdkError);
}

TEST_F(SdkVolume, AnotherVolumeThanTheOneThatWasAskedAboutIsRefused) {
  calls_.shown_ = VolumeId{{2}};
  EXPECT_EQ(refused(), ErrorCode::rolled_back);
}

TEST_F(SdkVolume, ErrorsAreNamed) {
  for (const auto& [error, code] : {std::pair(ESTALE, ErrorCode::rolled_back),
                                    {EKEYREJECTED, ErrorCode::wrong_key},
                                    {EBADMSG, ErrorCode::not_authentic},
                                    {EIO, ErrorCode::storage},
                                    {EEXIST, ErrorCode::bad_argument}}) {
    calls_.error_ = error;
    EXPECT_EQ(refused(), code) << error;
  }
  calls_.info_error_ = ENODEV;
  EXPECT_EQ(refused(), ErrorCode::bad_argument);
  calls_.info_error_ = ENOSYS;
  EXPECT_EQ(refused(), ErrorCode::not_in_enclave);
}

TEST_F(SdkVolume, EveryStateIsAnchored) {
  calls_.interrupted_ = 1;
  calls_.states_ = {anchor(1), anchor(2), anchor(5)};
  run();
  EXPECT_EQ(calls_.results_, (std::vector<int>{0, 0, 0}));
  EXPECT_EQ(service_->current_, anchor(5));
}

TEST_F(SdkVolume, WithoutAnAnswerFsyncFailsAndTheNextOneTriesAgain) {
  calls_.states_ = {anchor(1), anchor(1)};
  service_->refuse_ = 1;
  run();
  EXPECT_EQ(calls_.results_, (std::vector<int>{EIO, 0}));
  EXPECT_EQ(failures_, std::vector<ErrorCode>{ErrorCode::unavailable});
  EXPECT_EQ(service_->current_, anchor(1));
}

TEST_F(SdkVolume, AnAnswerThatWasLostIsNoSecondHistory) {
  calls_.states_ = {anchor(1), anchor(2), anchor(3)};
  service_->lose_ = 1;
  run();
  EXPECT_EQ(calls_.results_, (std::vector<int>{EIO, 0, 0}));
  EXPECT_EQ(service_->current_, anchor(3));
}

TEST_F(SdkVolume, ASecondHistoryIsTheEnd) {
  calls_.states_ = {anchor(1), anchor(2), anchor(3)};
  service_->current_ = anchor(2, 2);
  run();
  EXPECT_EQ(calls_.results_, (std::vector<int>{ESTALE, ESTALE, ESTALE}));
  EXPECT_EQ(failures_, std::vector<ErrorCode>{ErrorCode::conflict});
  EXPECT_EQ(service_->current_, anchor(2, 2));
}

}  // namespace
}  // namespace sgxx::sdk
