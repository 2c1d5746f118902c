// SPDX-License-Identifier: Apache-2.0
#include "volume/directory.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sgxx::volume {
namespace {

TEST(VolumeDirectory, EntriesComeBackAsTheyWereWritten) {
  const std::string longest(kLongestName, 'x');
  const std::vector<DirectoryEntry> entries = {{2, "a"}, {kMostObjects - 1, longest}, {3, "..."}};
  std::vector<u8> bytes;
  for (const DirectoryEntry& entry : entries) {
    bytes.resize(bytes.size() + entry_size(entry.name));
    write_entry(bytes.data() + bytes.size() - entry_size(entry.name), entry);
  }
  DirectoryReader reader(bytes);
  for (const DirectoryEntry& entry : entries) {
    auto read = reader.next();
    ASSERT_TRUE(read.ok());
    EXPECT_EQ(read->object, entry.object);
    EXPECT_EQ(read->name, entry.name);
  }
  EXPECT_TRUE(reader.at_end());
}

TEST(VolumeDirectory, NamesThatNoDirectoryHasAreRefused) {
  for (const std::string& name :
       {std::string(), std::string("."), std::string(".."), std::string("a/b"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_entry_name(name)) << name;
    std::vector<u8> bytes(entry_size(name));
    write_entry(bytes.data(), {2, name});
    DirectoryReader reader(bytes);
    auto entry = reader.next();
    ASSERT_FALSE(entry.ok()) << name;
    EXPECT_EQ(entry.error().fault, Fault::integrity);
  }
}

TEST(VolumeDirectory, EveryTruncationIsNoticed) {
  std::vector<u8> bytes(entry_size("name"));
  write_entry(bytes.data(), {2, "name"});
  for (u64 length = 1; length < bytes.size(); ++length) {
    DirectoryReader reader(ByteView(bytes).first(length));
    EXPECT_FALSE(reader.next().ok()) << length;
  }
}

TEST(VolumeDirectory, ObjectsThatCannotBeAreRefused) {
  for (const u64 object : {kTableObject, kMostObjects, ~u64{0}}) {
    std::vector<u8> bytes(entry_size("name"));
    write_entry(bytes.data(), {object, "name"});
    EXPECT_FALSE(DirectoryReader(bytes).next().ok());
  }
}

}  // namespace
}  // namespace sgxx::volume
