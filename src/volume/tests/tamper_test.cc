// SPDX-License-Identifier: Apache-2.0
//
// A small volume, and everything that can be done to it while it is closed: every truncation, every byte, every two blocks, every
// older block, every older state. Each is noticed, or changes nothing.
#include <gtest/gtest.h>

#include "volume/tests/test_volume.h"

namespace sgxx::volume {
namespace {

/// A volume with two files that were written in three commits, as it was after each.
class SmallVolume {
 public:
  SmallVolume() {
    volume_.create();
    volume_.open();
    Object& a = volume_.make_file();
    Object& b = volume_.make_file();
    numbers_ = {a.number(), b.number()};
    for (u64 commit = 0; commit < 3; ++commit) {
      // One is so large that it has a node, the other is one block.
      for (u64 i = 0; i < 3; ++i) volume_.write(a, i, 10 * commit + i);
      volume_.write(b, 0, 10 * commit + 5);
      anchors_.push_back(volume_.commit());
      states_.push_back(volume_.host.disk.bytes());
    }
    used_ = 0;
    const std::vector<u8>& last = states_.back();
    for (u64 block = 0; block < last.size() / kBlockSize; ++block) {
      if (std::any_of(last.begin() + at(block), last.begin() + at(block + 1), [](u8 byte) { return byte != 0; }))
        used_ = block + 1;
    }
    volume_.close();
  }

  enum class Answer : u8 { right, older, fault };

  /// What a volume with these bytes answers; anything but the contents of one state, or a fault, fails the test.
  Answer answer(const std::vector<u8>& bytes, const std::optional<Anchor>& expected = {}) {
    volume_.host.disk.bytes() = bytes;
    const auto opened = volume_.start(expected);
    if (!opened.ok()) {
      faults_[static_cast<u64>(opened.error().fault)]++;
      return Answer::fault;
    }
    const Anchor anchor = volume_->info().anchor;
    const auto known = std::find(anchors_.begin(), anchors_.end(), anchor);
    bool is_whole = true;
    if (known != anchors_.end()) {
      const u64 commit = static_cast<u64>(known - anchors_.begin());
      for (u64 i = 0; i < 3; ++i) is_whole &= is_right(numbers_[0], i, 10 * commit + i);
      is_whole &= is_right(numbers_[1], 0, 10 * commit + 5);
    } else {
      // The empty volume.
      EXPECT_EQ(anchor.generation, 1u);
      EXPECT_EQ(volume_->info().objects, 1u);
    }
    volume_.close();
    if (!is_whole) return Answer::fault;
    return anchor == anchors_.back() ? Answer::right : Answer::older;
  }

  static std::ptrdiff_t at(u64 block) { return static_cast<std::ptrdiff_t>(block * kBlockSize); }
  const std::vector<u8>& state(u64 commit) const { return states_[commit]; }
  const std::vector<u8>& last() const { return states_.back(); }
  const Anchor& anchor(u64 commit) const { return anchors_[commit]; }
  const Anchor& anchor() const { return anchors_.back(); }
  u64 used() const { return used_; }
  u64 faults(Fault fault) const { return faults_[static_cast<u64>(fault)]; }

 private:
  bool is_right(u64 number, u64 index, u64 content) {
    Object* const object = volume_->find(number);
    EXPECT_NE(object, nullptr);
    Page page;
    const auto read = volume_.try_read(*object, index, page);
    if (!read.ok()) {
      EXPECT_EQ(read.error().fault, Fault::integrity);
      return false;
    }
    EXPECT_EQ(page, TestVolume::page(content));
    return true;
  }

  TestVolume volume_;
  std::array<u64, 2> numbers_;
  std::vector<Anchor> anchors_;
  std::vector<std::vector<u8>> states_;
  u64 used_;
  std::array<u64, 16> faults_{};
};

using Answer = SmallVolume::Answer;

TEST(Tamper, NothingIsChangedWhereNothingIs) {
  SmallVolume volume;
  EXPECT_EQ(volume.answer(volume.last()), Answer::right);
  EXPECT_EQ(volume.answer(volume.last(), volume.anchor()), Answer::right);
}

TEST(Tamper, EveryTruncationIsRefused) {
  SmallVolume volume;
  // By whole blocks all of them; by bytes around the edges of the first ones and in the last.
  const u64 size = volume.last().size();
  for (u64 length = 0; length < size; length += length < 5 * kBlockSize ? 512 : kBlockSize) {
    std::vector<u8> bytes(volume.last().begin(), volume.last().begin() + static_cast<std::ptrdiff_t>(length));
    EXPECT_EQ(volume.answer(bytes), Answer::fault) << length;
  }
  EXPECT_EQ(volume.faults(Fault::not_a_volume) + volume.faults(Fault::integrity), 5 * 8 + size / kBlockSize - 5);
}

TEST(Tamper, WhatIsAppendedDoesNotMatter) {
  SmallVolume volume;
  std::vector<u8> bytes = volume.last();
  bytes.resize(bytes.size() + 10 * kBlockSize, 0x5a);
  EXPECT_EQ(volume.answer(bytes), Answer::right);
}

/// Every byte of what is encrypted is under a tag, every bit of a tag or a pointer counts: one byte in each 61, and all of those
/// of the header's and the superblock's fields.
TEST(Tamper, EveryByteThatIsChangedIsNoticedOrDoesNotMatter) {
  SmallVolume volume;
  u64 faults = 0, older = 0;
  for (u64 block = 0; block < volume.used(); ++block) {
    const bool is_plain = block < kFirstFreeBlock;
    for (u64 i = 0; i < kBlockSize; i += is_plain && i < 320 ? 1 : 61) {
      std::vector<u8> bytes = volume.last();
      bytes[block * kBlockSize + i] ^= static_cast<u8>(1 << (i % 8));
      // Either copy of the header does; a superblock that is no more leaves the other one.
      const Answer answer = volume.answer(bytes);
      if (block < kSuperblocks[0]) {
        EXPECT_EQ(answer, Answer::right) << block << " " << i;
      }
      faults += answer == Answer::fault;
      older += answer == Answer::older;
      // Whoever knows the newest state is not given an older one.
      if (answer == Answer::older) {
        EXPECT_EQ(volume.answer(bytes, volume.anchor()), Answer::fault);
      }
    }
  }
  EXPECT_GT(faults, 300u);
  EXPECT_GT(older, 300u);
  EXPECT_GT(volume.faults(Fault::rolled_back), 300u);
}

TEST(Tamper, EveryByteOfBothHeadersIsNoticed) {
  SmallVolume volume;
  for (u64 i = 0; i < kBlockSize; i += i < 400 ? 1 : 17) {
    std::vector<u8> bytes = volume.last();
    for (const u64 block : kHeaderBlocks) bytes[block * kBlockSize + i] ^= 0x10;
    EXPECT_EQ(volume.answer(bytes), Answer::fault) << i;
  }
  EXPECT_EQ(volume.faults(Fault::not_a_volume), 8u);
  EXPECT_EQ(volume.faults(Fault::unsupported_version), 4u);
  EXPECT_GT(volume.faults(Fault::wrong_key), 100u);
  EXPECT_GT(volume.faults(Fault::integrity), 200u);
}

TEST(Tamper, EveryTwoBlocksThatAreSwappedAreNoticedOrDoNotMatter) {
  SmallVolume volume;
  u64 faults = 0;
  for (u64 a = 0; a < volume.used(); ++a) {
    for (u64 b = a + 1; b < volume.used(); ++b) {
      std::vector<u8> bytes = volume.last();
      std::swap_ranges(bytes.begin() + SmallVolume::at(a), bytes.begin() + SmallVolume::at(a + 1),
                       bytes.begin() + SmallVolume::at(b));
      faults += volume.answer(bytes) == Answer::fault;
      EXPECT_NE(volume.answer(bytes, volume.anchor()), Answer::older);
    }
  }
  EXPECT_GT(faults, 100u);
}

TEST(Tamper, EveryBlockThatIsCopiedOverAnotherIsNoticedOrDoesNotMatter) {
  SmallVolume volume;
  for (u64 a = 0; a < volume.used(); ++a) {
    for (u64 b = 0; b < volume.used(); ++b) {
      std::vector<u8> bytes = volume.last();
      std::copy_n(volume.last().begin() + SmallVolume::at(a), kBlockSize, bytes.begin() + SmallVolume::at(b));
      EXPECT_NE(volume.answer(bytes, volume.anchor()), Answer::older);
    }
  }
}

/// One file, several, all of the data, the metadata: any set of blocks of before.
TEST(Tamper, EveryBlockOfAnOlderStateIsNoticedOrDoesNotMatter) {
  SmallVolume volume;
  for (u64 commit = 0; commit < 2; ++commit) {
    for (u64 first = 0; first < volume.used(); ++first) {
      for (u64 end = first + 1; end <= volume.used(); ++end) {
        std::vector<u8> bytes = volume.last();
        std::copy(volume.state(commit).begin() + SmallVolume::at(first), volume.state(commit).begin() + SmallVolume::at(end),
                  bytes.begin() + SmallVolume::at(first));
        EXPECT_NE(volume.answer(bytes, volume.anchor()), Answer::older);
      }
    }
  }
  EXPECT_GT(volume.faults(Fault::rolled_back), 10u);
}

TEST(Rollback, OfTheWholeVolumeIsRefusedByWhoKnowsTheNewestState) {
  SmallVolume volume;
  for (u64 commit = 0; commit < 2; ++commit) {
    EXPECT_EQ(volume.answer(volume.state(commit), volume.anchor()), Answer::fault);
    EXPECT_EQ(volume.faults(Fault::rolled_back), commit + 1);
    // The limit of a volume without freshness: an older whole state is one.
    EXPECT_EQ(volume.answer(volume.state(commit)), Answer::older);
    EXPECT_EQ(volume.answer(volume.state(commit), volume.anchor(commit)), Answer::older);
  }
}

TEST(Rollback, AStateThatIsAheadOfItsAnchorIsOpened) {
  TestVolume test;
  test.create();
  test.open();
  const Anchor anchored = test.commit();
  test->note_anchored(anchored);
  // Published, and the service does not hear of it.
  const Anchor ahead = test.commit();
  test.close();
  test.open(anchored);
  EXPECT_EQ(test->info().anchor, ahead);
  EXPECT_EQ(test->info().anchored, anchored);
}

TEST(Rollback, AServiceThatHasLostWhatItKnewVouchesForNothing) {
  TestVolume test;
  test.create();
  test.open();
  const Anchor first = test.commit();  // both superblocks are from before anything was anchored
  const Anchor second = test.commit();
  test->note_anchored(second);
  const Anchor third = test.commit();
  test.close();
  EXPECT_EQ(test.try_open(Anchor{}).fault, Fault::rolled_back);
  EXPECT_EQ(test.try_open(first).fault, Fault::rolled_back);
  test.open(second);
  EXPECT_EQ(test->info().anchor, third);
}

/// The host keeps the volume as it was at (g, s), lets the enclave publish g + 1, stops it before it is anchored, and starts it
/// on what it kept: there are two states g + 1, of which one is anchored.
TEST(Rollback, AForkIsRefused) {
  TestVolume test;
  test.create();
  test.open();
  Object& file = test.make_file();
  const u64 number = file.number();
  const Anchor anchored = test.commit();
  test->note_anchored(anchored);
  // So that what is on the disk says so.
  const Anchor start = test.commit();
  test->note_anchored(start);
  const std::vector<u8> kept = test.host.disk.bytes();
  test.write(file, 0, 1);
  const Anchor lost = test.commit();
  test.write(file, 0, 2);
  const Anchor lost_too = test.commit();
  const std::vector<u8> fork = test.host.disk.bytes();
  test.close();

  test.host.disk.bytes() = kept;
  test.open(start);
  test.write(*test->find(number), 0, 3);
  const Anchor won = test.commit();
  EXPECT_EQ(won.generation, lost.generation);
  test.close();
  // The service has (g + 1, the state that won).
  test.host.disk.bytes() = fork;
  EXPECT_EQ(test.try_open(won).fault, Fault::rolled_back);
  // As the other branch it is good, one or two states ahead of the same anchor.
  test.open(start);
  EXPECT_EQ(test->info().anchor, lost_too);
}

TEST(Rollback, AStateOfTheSameGenerationIsNotTheSame) {
  TestVolume test;
  test.create();
  test.open();
  Anchor anchor = test.commit();
  test.close();
  anchor.state[7] ^= 1;
  EXPECT_EQ(test.try_open(anchor).fault, Fault::rolled_back);
  anchor.state[7] ^= 1;
  anchor.generation += 1;
  EXPECT_EQ(test.try_open(anchor).fault, Fault::rolled_back);
}

TEST(Tamper, BlocksOfAnotherVolumeWithTheSameSecretAreRefused) {
  TestVolume one, other;
  for (TestVolume* test : {&one, &other}) {
    test->create();
    test->open();
    test->write(test->make_file(), 0, 1);
    test->commit();
    test->close();
  }
  for (u64 block = 0; block < 8; ++block) {
    const std::vector<u8> before = one.host.disk.bytes();
    std::copy_n(other.host.disk.bytes().begin() + SmallVolume::at(block), kBlockSize,
                one.host.disk.bytes().begin() + SmallVolume::at(block));
    const auto opened = one.start();
    if (opened.ok()) {
      // The other copy of the header, a superblock of before, a block of data, or one that is not in use.
      Page page;
      const auto read = one.try_read(*one->find(one->info().objects == 1 ? kRootDirectory : 2), 0, page);
      const Page expected = one->info().objects == 1 ? TestVolume::zero_page() : TestVolume::page(1);
      EXPECT_TRUE(read.ok() ? page == expected : read.error().fault == Fault::integrity) << block;
    } else {
      EXPECT_EQ(opened.error().fault, Fault::integrity);
    }
    one.close();
    one.host.disk.bytes() = before;
  }
}

}  // namespace
}  // namespace sgxx::volume
