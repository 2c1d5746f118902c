// SPDX-License-Identifier: Apache-2.0
#include "volume/directory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sgxx::volume {
namespace {

/// Blocks of these entries.
std::vector<u8> blocks_of(const std::vector<DirectoryEntry>& entries) {
  std::vector<u8> bytes;
  u64 end = 0;
  for (const DirectoryEntry& entry : entries) {
    const u64 at = entry_offset(end, entry.name);
    end = at + entry_size(entry.name);
    bytes.resize(align_up(end, kBlockSize));
    write_entry(bytes.data() + at, entry);
  }
  return bytes;
}

bool is_damaged(ByteView bytes) {
  DirectoryReader reader(bytes);
  for (;;) {
    const auto entry = reader.next();
    if (!entry.ok()) return entry.error().fault == Fault::integrity;
    if (!*entry) return false;
  }
}

TEST(VolumeDirectory, EntriesComeBackAsTheyWereWritten) {
  const std::string longest(kLongestName, 'x');
  std::vector<DirectoryEntry> entries = {{2, "a"}, {kMostObjects - 1, longest}, {3, "..."}};
  // The first block is filled to its last byte.
  const std::string last(kBlockSize - 15 * 264 - 10 - 12 - kEntryHead, 'y');
  for (u64 i = 0; i < 14; ++i) entries.push_back({4 + i, longest});
  entries.push_back({100, last});
  entries.push_back({101, "in the second block"});
  std::vector<u8> bytes = blocks_of(entries);
  ASSERT_EQ(bytes.size(), 2 * kBlockSize);
  bytes.insert(bytes.begin(), kBlockSize, 0);  // an empty one
  DirectoryReader reader(bytes);
  for (const DirectoryEntry& entry : entries) {
    const auto read = reader.next();
    ASSERT_TRUE(read.ok() && read->has_value());
    EXPECT_EQ((*read)->object, entry.object);
    EXPECT_EQ((*read)->name, entry.name);
    EXPECT_EQ(reader.block(), entry.object == 101 ? 2u : 1u);
  }
  const auto end = reader.next();
  EXPECT_TRUE(end.ok() && !end->has_value());
  EXPECT_FALSE(is_damaged({}));
}

TEST(VolumeDirectory, NamesThatNoDirectoryHasAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_entry_name(name)) << name;
    EXPECT_TRUE(is_damaged(blocks_of({{2, name}}))) << name;
  }
}

TEST(VolumeDirectory, EveryTruncationIsNoticed) {
  const std::vector<u8> bytes = blocks_of({{2, "name"}});
  for (u64 length = 1; length < bytes.size(); ++length) EXPECT_TRUE(is_damaged(ByteView(bytes).first(length))) << length;
}

TEST(VolumeDirectory, WhatStandsBehindTheLastEntryIsNoticed) {
  const std::vector<u8> whole = blocks_of({{2, "name"}});
  for (u64 at = entry_size("name"); at < kBlockSize; ++at) {
    std::vector<u8> bytes = whole;
    bytes[at] = 1;
    EXPECT_TRUE(is_damaged(bytes)) << at;
  }
}

TEST(VolumeDirectory, AnEntryDoesNotLieAcrossBlocks) {
  std::vector<u8> bytes(2 * kBlockSize);
  const std::string name(100, 'x');
  u64 at = 0;
  for (; at + entry_size(name) <= kBlockSize; at += entry_size(name)) write_entry(bytes.data() + at, {2, name});
  EXPECT_FALSE(is_damaged(bytes));
  write_entry(bytes.data() + at, {2, name});
  EXPECT_TRUE(is_damaged(bytes));
}

TEST(VolumeDirectory, ObjectsThatCannotBeAreRefused) {
  for (const u64 object : {kMostObjects, ~u64{0}}) EXPECT_TRUE(is_damaged(blocks_of({{object, "name"}})));
}

}  // namespace
}  // namespace sgxx::volume
