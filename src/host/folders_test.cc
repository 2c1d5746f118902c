// SPDX-License-Identifier: Apache-2.0
#include "host/folders.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "abi/mount.h"

namespace sgxx::host {
namespace {

using testing::HasSubstr;

std::vector<u8> record(abi::MountKind kind, const std::string& path, const std::string& target, u32 mode) {
  abi::MountRecord record{};
  record.kind = static_cast<u32>(kind);
  record.mode = mode;
  record.path_length = static_cast<u32>(path.size());
  record.target_length = static_cast<u32>(target.size());
  record.strings_length = align_up(path.size() + target.size(), 8);
  const ByteView head = as_bytes_of(record);
  std::vector<u8> bytes(head.begin(), head.end());
  bytes.insert(bytes.end(), path.begin(), path.end());
  bytes.insert(bytes.end(), target.begin(), target.end());
  bytes.resize(sizeof record + record.strings_length);
  return bytes;
}

std::vector<u8> two_folders() {
  std::vector<u8> bytes = record(abi::MountKind::memory, "/tmp", "", 0755);
  for (const auto& more :
       {record(abi::MountKind::host, "/data", "/srv/data", 0755), record(abi::MountKind::host, "/logs", "logs", 0555)}) {
    bytes.insert(bytes.end(), more.begin(), more.end());
  }
  return bytes;
}

TEST(Folders, AreFoundAmongTheRecords) {
  const auto folders = folders_in(two_folders());
  ASSERT_EQ(folders.size(), 2u);
  EXPECT_EQ(folders[0].path, "/data");
  EXPECT_EQ(folders[0].source, "/srv/data");
  EXPECT_FALSE(folders[0].read_only);
  EXPECT_EQ(folders[1].path, "/logs");
  EXPECT_TRUE(folders[1].read_only);
}

TEST(Folders, RecordsMayEndAnywhere) {
  const auto whole = two_folders();
  for (size_t length = 0; length < whole.size(); ++length) {
    EXPECT_LT(folders_in(ByteView(whole).first(length)).size(), 2u) << length;
  }
}

TEST(Folders, AreOpenedWhereTheyAreSaidToBe) {
  auto folders = folders_in(two_folders());
  EXPECT_THAT(open_folders(folders, {{"/nothing", "/"}}).error().message(), HasSubstr("no mount of type \"host\""));
  EXPECT_THAT(open_folders(folders, {{"/data", "/nowhere"}, {"/logs", "/"}}).error().message(),
              HasSubstr("cannot open the folder /nowhere for the mount at /data"));
  ASSERT_TRUE(open_folders(folders, {{"/data", "/tmp"}, {"/logs", "/"}}).ok());
  for (const Folder& folder : folders) {
    EXPECT_GE(folder.descriptor, 0);
    ::close(folder.descriptor);
  }
}

}  // namespace
}  // namespace sgxx::host
