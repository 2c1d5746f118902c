// SPDX-License-Identifier: Apache-2.0
//
// What a volume promises on a disk that does what it is told.
#include "volume/volume.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "volume/tests/test_volume.h"

namespace sgxx::volume {
namespace {

TEST(Volume, ANewOneHasARootDirectory) {
  TestVolume test;
  test.create();
  test.open();
  Object* const root = test->find(kRootDirectory);
  ASSERT_NE(root, nullptr);
  EXPECT_EQ(good(test->record(*root)).mode, 040755u);
  EXPECT_EQ(test->info().objects, 1u);
  EXPECT_EQ(test->info().anchor.generation, 1u);
}

TEST(Volume, WhatWasCommittedIsThereAfterwards) {
  TestVolume test;
  test.create();
  test.open();
  Object& file = test.make_file();
  const u64 number = file.number();
  // Every height up to 3, holes between, and blocks at both ends of nodes.
  const std::vector<u64> indices = {0, 1, 101, 102, 103, 10403, 10404, 10405, 1061207, 1061208};
  for (const u64 index : indices) test.write(file, index, index);
  EXPECT_EQ(file.blocks(), indices.size());
  for (int round = 0; round < 2; ++round) {
    for (const u64 index : indices) EXPECT_EQ(test.read(*test->find(number), index), TestVolume::page(index)) << index;
    EXPECT_EQ(test.read(*test->find(number), 2), TestVolume::zero_page());
    EXPECT_EQ(test.read(*test->find(number), u64{1} << 34), TestVolume::zero_page());
    EXPECT_EQ(good(test->find_data(*test->find(number), 2)), 101u);
    EXPECT_EQ(good(test->find_data(*test->find(number), 104)), 10403u);
    EXPECT_EQ(good(test->find_data(*test->find(number), 10406)), 1061207u);
    EXPECT_EQ(good(test->find_data(*test->find(number), 1061209)), kNoBlock);
    EXPECT_EQ(good(test->find_hole(*test->find(number), 0)), 2u);
    EXPECT_EQ(good(test->find_hole(*test->find(number), 101)), 104u);
    EXPECT_EQ(test->find(number)->blocks(), indices.size());
    if (round == 0) test.commit();
    if (round == 0) test.reopen();
  }
}

TEST(Volume, WhatWasNotCommittedIsGone) {
  TestVolume test;
  test.create();
  test.open();
  Object& file = test.make_file();
  const u64 number = file.number();
  test.write(file, 0, 1);
  test.commit();
  test.write(file, 0, 2);
  test.write(file, 7, 3);
  EXPECT_EQ(test.read(file, 0), TestVolume::page(2));
  test.reopen();
  EXPECT_EQ(test.read(*test->find(number), 0), TestVolume::page(1));
  EXPECT_EQ(test.read(*test->find(number), 7), TestVolume::zero_page());
}

TEST(Volume, CutPartsAreHolesAndTheirBlocksAreFree) {
  constexpr u64 kBlocks = 11000;  // two levels of nodes above the leaves
  for (const auto& [first, count] : std::vector<std::pair<u64, u64>>{
           {0, kBlocks}, {0, 1}, {5, 10}, {100, 5}, {102, 102}, {101, 104}, {204, 10200}, {10404, kNoBlock}, {1, kNoBlock}}) {
    TestVolume test;
    test.create();
    test.open();
    const u64 empty = test->info().used_blocks;
    Object& file = test.make_file();
    const u64 number = file.number();
    test.write_range(file, 0, kBlocks);
    test.commit();
    test.reopen();
    const u64 full = test->info().used_blocks;
    good(test->punch(*test->find(number), first, count));
    const u64 cut = std::min(kBlocks - first, count);
    for (int round = 0; round < 2; ++round) {
      Object& object = *test->find(number);
      EXPECT_EQ(object.blocks(), kBlocks - cut);
      for (const u64 index : {first, first + cut - 1}) EXPECT_EQ(test.read(object, index), TestVolume::zero_page()) << index;
      if (first != 0) {
        EXPECT_EQ(test.read(object, first - 1), TestVolume::page(first - 1));
      }
      if (first + cut < kBlocks) {
        EXPECT_EQ(test.read(object, first + cut), TestVolume::page(first + cut));
      }
      if (round != 0) break;
      test.commit();
      // What is free is known without looking for it again.
      const u64 used = test->info().used_blocks;
      test.reopen();
      EXPECT_EQ(test->info().used_blocks, used);
    }
    EXPECT_LE(test->info().used_blocks, full - cut);
    good(test->remove(*test->find(number)));
    test.commit();
    test.commit();
    EXPECT_EQ(test->info().used_blocks, empty);
    EXPECT_EQ(test->info().waiting_blocks, 0u);
    test.reopen();
    EXPECT_EQ(test->info().used_blocks, empty);
  }
}

TEST(Volume, NumbersOfRemovedObjectsAreUsedAgain) {
  TestVolume test;
  test.create();
  test.open();
  std::vector<u64> numbers;
  for (int i = 0; i < 100; ++i) numbers.push_back(test.make_file().number());
  test.write(*test->find(numbers[40]), 0, 1);
  test.commit();
  good(test->remove(*test->find(numbers[40])));
  EXPECT_EQ(test->find(numbers[40]), nullptr);
  Object& again = test.make_file();
  EXPECT_EQ(again.number(), numbers[40]);
  EXPECT_EQ(test.read(again, 0), TestVolume::zero_page());
  test.commit();
  test.reopen();
  EXPECT_EQ(test->info().objects, 101u);
  EXPECT_EQ(test.read(*test->find(numbers[40]), 0), TestVolume::zero_page());
}

TEST(Volume, RecordsKeepWhatTheFileSystemSays) {
  TestVolume test;
  test.create();
  test.open();
  Object& file = test.make_file();
  const u64 number = file.number();
  const Record record = {.mode = 0100600,
                         .user = 1,
                         .group = 2,
                         .links = 3,
                         .size = 4,
                         .accessed = 5,
                         .modified = 6,
                         .changed = 7,
                         .born = 8,
                         .device = 9};
  good(test->set_record(file, record));
  test.write(file, 3, 1);
  test.commit();
  test.reopen();
  Record read = good(test->record(*test->find(number)));
  EXPECT_EQ(read.blocks, 1u);
  read.blocks = 0;
  read.height = 0;
  read.root = {};
  EXPECT_TRUE(read == record);
}

TEST(Volume, NodesAreDroppedBeyondTheLimitAndFoundAgain) {
  TestVolume test;
  test.options.most_clean_nodes = 64;
  test.create();
  test.open();
  Object& file = test.make_file();
  for (u64 i = 0; i < 200; ++i) test.write(file, i * kBranches, i);
  test.commit();
  for (int round = 0; round < 2; ++round) {
    for (u64 i = 0; i < 200; ++i) EXPECT_EQ(test.read(file, i * kBranches), TestVolume::page(i));
  }
  EXPECT_LE(test->info().clean_nodes, 64u);
}

TEST(Volume, AFullOneSaysSoAndCanBeEmptied) {
  TestVolume test;
  test.options.most_blocks = 512;
  test.create();
  test.open();
  Object& file = test.make_file();
  const u64 number = file.number();
  test.commit();
  u64 written = 0;
  for (;; ++written) {
    const auto promised = test->promise(1);
    if (!promised.ok()) {
      EXPECT_EQ(promised.error().fault, Fault::no_space);
      break;
    }
    test.write(file, written, written);
    test->unpromise(1);
  }
  EXPECT_GT(written, 400u);
  test.commit();
  test.reopen();
  for (u64 i = 0; i < written; ++i) EXPECT_EQ(test.read(*test->find(number), i), TestVolume::page(i));
  good(test->truncate(*test->find(number), 1));
  test.commit();
  good(test->remove(*test->find(number)));
  test.commit();
  test.commit();
  EXPECT_LE(test->info().used_blocks, 8u);
  good(test->promise(1));
}

TEST(Volume, AFullOneCanStillChangeEveryRecord) {
  TestVolume test;
  test.options.most_blocks = 512;
  test.create();
  test.open();
  std::vector<Object*> files;
  for (u64 i = 0; i < 4000; ++i) files.push_back(&test.make_file());
  test.commit();
  u64 written = 0;
  for (; test->promise(1).ok(); ++written) {
    test.write(*files[0], written, written);
    test->unpromise(1);
  }
  test.commit();
  EXPECT_GT(written, 20u);
  EXPECT_FALSE(test->has_room(30));
  for (int round = 0; round < 3; ++round) {
    for (Object* file : files) good(test->set_record(*file, {.mode = 0100600, .links = 1}));
    test.commit();
  }
  for (Object* file : files) good(test->remove(*file));
  test.commit();
  // The table stays as long as it is.
  EXPECT_TRUE(test->has_room(150));
  EXPECT_FALSE(test->has_room(400));
}

/// A sparse file on a disk that has room for so many blocks.
class ScarceDisk : public MemoryDisk {
 public:
  Outcome<> write(u64 first, ByteView bytes) {
    for (u64 block = first; block < first + bytes.size() / kBlockSize; ++block) {
      if (!written_.contains(block) && written_.size() == room) return fail(Fault::no_space);
      written_.insert(block);
    }
    return MemoryDisk::write(first, bytes);
  }
  u64 room = ~u64{0};

 private:
  std::set<u64> written_;
};

TEST(Volume, OnADiskThatIsFullThePlacesThatAreFreeAreUsed) {
  BasicTestVolume<NativeHost<ScarceDisk>> test;
  test.options.most_blocks = 4096;
  test.create();
  test.open();
  Object& file = test.make_file();
  test.write_range(file, 0, 300);
  test.commit();
  test.host.disk.room = 400;
  u64 written = 0;
  while (written < 300 && test.try_write(file, written, written + 1000).ok()) ++written;
  EXPECT_GT(written, 60u);
  EXPECT_LT(written, 100u);
  // Makes room in the volume, and none on the disk.
  good(test->truncate(file, 20));
  for (int round = 0; round < 20; ++round) {
    for (u64 i = 0; i < 20; ++i) test.write(file, i, i + 2000);
    test.commit();
  }
  test.reopen();
  for (u64 i = 0; i < 20; ++i) EXPECT_EQ(test.read(*test->find(2), i), TestVolume::page(i + 2000));
}

/// Something happens just before a block is read.
class BusyDisk : public MemoryDisk {
 public:
  Outcome<> read(u64 first, std::span<u8* const> blocks) {
    if (before_read) std::exchange(before_read, nullptr)(first);
    return MemoryDisk::read(first, blocks);
  }
  void spoil(u64 block) { std::memset(bytes().data() + block * kBlockSize, 0x33, kBlockSize); }
  std::function<void(u64)> before_read;
};

TEST(Volume, ABlockThatIsWrittenAnewWhileItIsReadIsLookedUpAgain) {
  BasicTestVolume<NativeHost<BusyDisk>> test;
  test.create();
  test.open();
  Object& file = test.make_file();
  for (const u64 index : {u64{0}, u64{500}}) {
    test.write(file, index, 1);
    // The old block becomes another's.
    test.host.disk.before_read = [&](u64 block) {
      test.write(file, index, 2);
      test.host.disk.spoil(block);
    };
    EXPECT_EQ(test.read(file, index), TestVolume::page(2));
    test.host.disk.before_read = [&](u64 block) {
      good(test->punch(file, index, 1));
      test.host.disk.spoil(block);
    };
    EXPECT_EQ(test.read(file, index), TestVolume::zero_page());
    // Nobody has written: it was the host.
    test.write(file, index, 3);
    test.host.disk.before_read = [&](u64 block) { test.host.disk.spoil(block); };
    Page page;
    const auto read = test.try_read(file, index, page);
    ASSERT_FALSE(read.ok());
    EXPECT_EQ(read.error().fault, Fault::integrity);
  }
}

TEST(Volume, TheKeyAtHandMustBeOneOfItsSlots) {
  TestVolume test;
  test.create();
  test.secret[0] ^= 1;
  EXPECT_EQ(test.try_open().fault, Fault::wrong_key);
  test.secret[0] ^= 1;
  test.open();
}

TEST(Volume, RewrapChangesWhoMayOpenAndNothingElse) {
  TestVolume test;
  test.create();
  test.open();
  Object& file = test.make_file();
  test.write(file, 0, 1);
  test.commit();
  const std::vector<u8> before = test.host.disk.bytes();
  auto other = test.secret;
  other[5] ^= 0x40;
  const KeySlotRequest slots[] = {{.kind = SlotKind::provisioned, .sealing = {}, .secret = other}};
  good(test->rewrap(slots));
  EXPECT_TRUE(std::equal(before.begin() + 2 * kBlockSize, before.end(), test.host.disk.bytes().begin() + 2 * kBlockSize));
  test.close();
  EXPECT_EQ(test.try_open().fault, Fault::wrong_key);
  test.secret = other;
  test.open();
  EXPECT_EQ(test->info().header_generation, 2u);
}

}  // namespace
}  // namespace sgxx::volume
