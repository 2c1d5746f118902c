// SPDX-License-Identifier: Apache-2.0
#include "volume/native/file_tree.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

#include "volume/native/file_disk.h"
#include "volume/native/host.h"

namespace sgxx::volume {
namespace {

class FileTreeTest : public testing::Test {
 protected:
  FileTreeTest() {
    std::string pattern = (std::filesystem::temp_directory_path() / "sgxx-volume-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
  }
  ~FileTreeTest() override { std::filesystem::remove_all(folder_); }

  using Host = NativeHost<FileDisk>;
  struct Opened {
    std::unique_ptr<Host> host;
    std::unique_ptr<Volume, VolumeCloser> volume;
    std::unique_ptr<FileTree> tree;
    FileTree* operator->() { return tree.get(); }
  };

  std::string path() const { return folder_ / "volume"; }

  Outcome<std::unique_ptr<Host>> host(FileDisk::Access access) {
    return std::unique_ptr<Host>(new Host{.disk = TRY(FileDisk::open(path(), access)), .crypto = {}, .memory = {}, .mutex = {}});
  }
  void create() {
    auto made = host(FileDisk::Access::create);
    ASSERT_TRUE(made.ok());
    const KeySlotRequest slots[] = {{.kind = SlotKind::provisioned, .sealing = {}, .secret = secret_}};
    ASSERT_TRUE(Volume::create((*made)->environment(), slots, {.mode = S_IFDIR | 0755, .links = 2}, {}).ok());
  }
  Opened open(FileDisk::Access access = FileDisk::Access::read_write) {
    Opened opened;
    opened.host = std::move(host(access)).value();
    FixedSecret keys(secret_);
    opened.volume.reset(Volume::open(opened.host->environment(), KeySource(keys), {}, {}).value());
    opened.tree = std::make_unique<FileTree>(*opened.volume);
    return opened;
  }

  static std::vector<u8> text(const std::string& text) { return {text.begin(), text.end()}; }

  std::filesystem::path folder_;
  std::array<u8, 32> secret_{7};
};

TEST_F(FileTreeTest, FilesAreFoundByTheirPaths) {
  create();
  std::vector<u8> large(1234567);
  for (u64 i = 0; i < large.size(); ++i) large[i] = static_cast<u8>(i * i >> 5);
  {
    Opened tree = open();
    ASSERT_TRUE(tree->make_directory("a", 0755).ok());
    ASSERT_TRUE(tree->make_directory("a/b", 0755).ok());
    ASSERT_TRUE(tree->write_file("a/b/large", large).ok());
    ASSERT_TRUE(tree->write_file("a/small", text("hello"), 0600).ok());
    ASSERT_TRUE(tree->make_symbolic_link("b/large", "a/link").ok());
    ASSERT_TRUE(tree->link("a/small", "a/b/other name").ok());
    ASSERT_TRUE(tree->rename("a/b", "c").ok());
    ASSERT_TRUE(tree->commit().ok());
  }
  Opened tree = open(FileDisk::Access::read_only);
  EXPECT_EQ(tree->read_file("c/large").value(), large);
  EXPECT_EQ(tree->read_file("c/other name").value(), text("hello"));
  EXPECT_EQ(tree->read_file("a/link").value(), text("b/large"));
  EXPECT_EQ(tree->look_up("a/small").value().record.links, 2u);
  EXPECT_EQ(tree->look_up("a/small").value().record.mode, S_IFREG | 0600u);
  EXPECT_EQ(tree->look_up("a").value().record.links, 2u);
  EXPECT_EQ(tree->look_up("").value().record.links, 4u);
  EXPECT_FALSE(tree->look_up("a/b").ok());
  std::vector<std::string> names;
  const std::vector<FileTree::Entry> entries = tree->list("a").value();
  for (const FileTree::Entry& entry : entries) names.push_back(entry.name);
  EXPECT_EQ(names, (std::vector<std::string>{"link", "small"}));
  const auto report = tree->check().value();
  EXPECT_TRUE(report.problems.empty()) << report.problems.front();
  EXPECT_EQ(report.files, 2u);
  EXPECT_EQ(report.directories, 2u);
  EXPECT_EQ(report.links, 1u);
}

TEST_F(FileTreeTest, NamesOfTheHostsFileSayNothing) {
  create();
  Opened tree = open();
  ASSERT_TRUE(tree->write_file("a very particular name", text("a very particular text")).ok());
  ASSERT_TRUE(tree->commit().ok());
  std::ifstream file(path(), std::ios::binary);
  const std::string bytes(std::istreambuf_iterator<char>(file), {});
  EXPECT_EQ(bytes.find("particular"), std::string::npos);
}

TEST_F(FileTreeTest, WhatCannotBeDoneIsRefused) {
  create();
  Opened tree = open();
  ASSERT_TRUE(tree->make_directory("a", 0755).ok());
  ASSERT_TRUE(tree->make_directory("a/b", 0755).ok());
  ASSERT_TRUE(tree->write_file("file", text("x")).ok());
  EXPECT_FALSE(tree->make_directory("a", 0755).ok());
  EXPECT_FALSE(tree->make_directory("none/b", 0755).ok());
  EXPECT_FALSE(tree->make_directory("file/b", 0755).ok());
  EXPECT_FALSE(tree->rename("a", "a/b/c").ok());
  EXPECT_FALSE(tree->remove("a").ok());
  EXPECT_FALSE(tree->remove("").ok());
  EXPECT_FALSE(tree->read_file("a").ok());
  EXPECT_FALSE(tree->write_file("a", text("x")).ok());
  EXPECT_FALSE(tree->make_symbolic_link("", "link").ok());
  EXPECT_TRUE(tree->remove("a/b").ok());
  EXPECT_TRUE(tree->remove("a").ok());
  EXPECT_TRUE(tree->check().value().problems.empty());
}

TEST_F(FileTreeTest, WhatIsRemovedLeavesNothingBehind) {
  create();
  Opened tree = open();
  const u64 used = tree.volume->info().used_blocks;
  ASSERT_TRUE(tree->write_file("large", std::vector<u8>(3000000, 1)).ok());
  ASSERT_TRUE(tree->commit().ok());
  ASSERT_TRUE(tree->write_file("large", std::vector<u8>(3000000, 2)).ok());
  ASSERT_TRUE(tree->commit().ok());
  ASSERT_TRUE(tree->remove("large").ok());
  ASSERT_TRUE(tree->commit().ok());
  ASSERT_TRUE(tree->commit().ok());
  EXPECT_EQ(tree.volume->info().used_blocks, used);
  EXPECT_EQ(tree.volume->info().objects, 1u);
}

TEST_F(FileTreeTest, AFileThatIsInUseIsNotOpenedTwice) {
  create();
  const Opened first = open();
  for (const FileDisk::Access access : {FileDisk::Access::read_write, FileDisk::Access::read_only}) {
    const auto second = FileDisk::open(path(), access);
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().fault, Fault::io);
    EXPECT_EQ(second.error().number, EWOULDBLOCK);
  }
}

TEST_F(FileTreeTest, ReadersShareAFile) {
  create();
  const Opened first = open(FileDisk::Access::read_only);
  EXPECT_TRUE(FileDisk::open(path(), FileDisk::Access::read_only).ok());
  EXPECT_FALSE(FileDisk::open(path(), FileDisk::Access::read_write).ok());
}

TEST_F(FileTreeTest, CheckFindsDamagedData) {
  create();
  {
    Opened tree = open();
    ASSERT_TRUE(tree->write_file("file", std::vector<u8>(100000, 1)).ok());
    ASSERT_TRUE(tree->commit().ok());
  }
  // Every block that is not met while opening is one of data.
  int found = 0;
  for (u64 block = kFirstFreeBlock; block < 256; ++block) {
    std::fstream file(path(), std::ios::binary | std::ios::in | std::ios::out);
    const auto change = [&] {
      file.seekg(static_cast<std::streamoff>(block * kBlockSize + 77));
      const int byte = file.get();
      file.seekp(static_cast<std::streamoff>(block * kBlockSize + 77));
      file.put(static_cast<char>(byte ^ 1));
      file.flush();
    };
    change();
    auto changed = host(FileDisk::Access::read_write).value();
    FixedSecret keys(secret_);
    auto opened = Volume::open(changed->environment(), KeySource(keys), {}, {});
    if (opened.ok()) {
      const std::unique_ptr<Volume, VolumeCloser> volume(opened.value());
      FileTree tree(*volume);
      const auto report = tree.check();
      found += report.ok() && report->problems.empty() ? 0 : 1;
    } else {
      EXPECT_EQ(opened.error().fault, Fault::integrity);
    }
    change();
  }
  EXPECT_EQ(found, 26);  // with that of the root directory
}

}  // namespace
}  // namespace sgxx::volume
