// SPDX-License-Identifier: Apache-2.0
//
// A volume for tests, on a disk in memory unless they bring another one.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <memory>

#include "volume/native/host.h"

namespace sgxx::volume {

/// The value of an outcome that is good; the test fails otherwise.
template <class T>
T good(Outcome<T> outcome) {
  if (!outcome.ok()) {
    ADD_FAILURE() << name_of(outcome.error().fault) << ", errno " << outcome.error().number << ", block "
                  << outcome.error().where;
  }
  return std::move(outcome).value();
}

using Page = std::array<u8, kBlockSize>;

template <class Host>
class BasicTestVolume {
 public:
  /// Bytes that say what they are.
  static Page page(u64 content) {
    std::array<u64, kBlockSize / sizeof(u64)> words;
    u64 word = (content + 1) * 0x9e3779b97f4a7c15;
    word ^= word >> 29;
    for (u64& each : words) each = word++;
    return std::bit_cast<Page>(words);
  }
  static Page zero_page() { return {}; }

  Volume* operator->() { return volume_.get(); }
  bool is_open() const { return volume_ != nullptr; }

  Outcome<> try_create() {
    const KeySlotRequest slots[] = {{.kind = SlotKind::provisioned, .sealing = {}, .secret = secret}};
    return Volume::create(host.environment(), slots, {.mode = 040755, .links = 2}, options);
  }
  void create() { good(try_create()); }
  Outcome<> start(const std::optional<Anchor>& expected = {}) {
    FixedSecret keys(secret);
    volume_.reset(TRY(Volume::open(host.environment(), KeySource(keys), expected, options)));
    return {};
  }
  void open(const std::optional<Anchor>& expected = {}) { good(start(expected)); }
  Error try_open(const std::optional<Anchor>& expected = {}) {
    const auto opened = start(expected);
    EXPECT_FALSE(opened.ok());
    close();
    return opened.ok() ? Error{} : opened.error();
  }
  void close() { volume_.reset(); }
  void reopen() {
    close();
    open();
  }

  Object& make_file() { return *good(volume_->make({.mode = 0100644, .links = 1})); }
  Outcome<> try_write(Object& object, u64 index, u64 content) {
    const Page bytes = page(content);
    const DirtyBlock block{&object, index, bytes.data()};
    return volume_->write({&block, 1});
  }
  void write(Object& object, u64 index, u64 content) { good(try_write(object, index, content)); }
  /// Blocks whose contents are their indices.
  void write_range(Object& object, u64 first, u64 count) {
    std::vector<Page> pages(count);
    std::vector<DirtyBlock> blocks;
    for (u64 i = 0; i < count; ++i) {
      pages[i] = page(first + i);
      blocks.push_back({&object, first + i, pages[i].data()});
    }
    good(volume_->write(blocks));
  }
  Outcome<> try_read(Object& object, u64 index, Page& page) {
    u8* const pointer = page.data();
    return volume_->read(object, index, {&pointer, 1});
  }
  Page read(Object& object, u64 index) {
    Page page;
    good(try_read(object, index, page));
    return page;
  }
  Outcome<Anchor> try_commit() {
    const Prepared prepared = TRY(volume_->prepare());
    return volume_->publish(prepared);
  }
  Anchor commit() { return good(try_commit()); }

  Host host;
  std::array<u8, 32> secret{1, 2, 3};
  VolumeOptions options{};

 private:
  std::unique_ptr<Volume, VolumeCloser> volume_;
};

using TestVolume = BasicTestVolume<NativeHost<MemoryDisk>>;

}  // namespace sgxx::volume
