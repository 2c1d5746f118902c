// SPDX-License-Identifier: Apache-2.0
//
// Readers beside writers, commits and nodes that are dropped: whoever reads a block gets all of one that was written there.
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "volume/tests/test_random.h"
#include "volume/tests/test_volume.h"

namespace sgxx::volume {
namespace {

class LockedDisk : public MemoryDisk {
 public:
  Outcome<> read(u64 first, std::span<u8* const> blocks) {
    const std::lock_guard lock(mutex_);
    return MemoryDisk::read(first, blocks);
  }
  Outcome<> write(u64 first, ByteView bytes) {
    const std::lock_guard lock(mutex_);
    return MemoryDisk::write(first, bytes);
  }
  Outcome<> resize(u64 blocks) {
    const std::lock_guard lock(mutex_);
    return MemoryDisk::resize(blocks);
  }

 private:
  std::mutex mutex_;
};

using ThreadedVolume = BasicTestVolume<NativeHost<LockedDisk>>;

constexpr u64 kVersions = 1000;

/// Says which block it is, and which of its versions.
u64 content(u64 index, u64 version) { return index * kVersions + version; }

TEST(Threads, ReadersSeeWholeBlocksWhateverIsWritten) {
  ThreadedVolume test;
  test.options.most_clean_nodes = 64;
  test.create();
  test.open();
  constexpr u64 kBlocks = 150;
  // Far from each other, so that nodes come and go.
  const auto index_of = [](u64 i) { return i * kBranches + i % 3; };
  Object& file = test.make_file();
  for (u64 i = 0; i < kBlocks; ++i) test.write(file, index_of(i), content(i, 0));
  test.commit();

  std::atomic<bool> is_over{false};
  std::atomic<u64> reads{0}, changes{0};
  const auto read_on = [&](u64 seed) {
    TestRandom random(seed);
    while (!is_over) {
      const u64 i = random.below(kBlocks);
      Page page;
      if (!test.try_read(file, index_of(i), page).ok()) {
        ADD_FAILURE() << "block " << i;
        return;
      }
      u64 version = 0;
      while (version < kVersions && page != TestVolume::page(content(i, version))) ++version;
      EXPECT_LT(version, kVersions);
      changes += version != 0;
      ++reads;
    }
  };
  // Another file, which comes and goes, so that blocks are used again at once.
  const auto write_on = [&](u64 seed, std::mutex& world) {
    TestRandom random(seed);
    Object* other = nullptr;
    while (!is_over) {
      std::this_thread::yield();
      const std::lock_guard lock(world);
      if (other == nullptr) other = &test.make_file();
      for (u64 i = 0; i < 20; ++i) test.write(*other, random.below(300), i);
      good(test->truncate(*other, random.below(300)));
      if (random.one_in(3)) good(test->remove(*std::exchange(other, nullptr)));
    }
  };

  std::mutex world;
  std::vector<std::thread> threads;
  for (u64 seed = 1; seed <= 2; ++seed) threads.emplace_back(read_on, seed);
  for (u64 seed = 3; seed <= 4; ++seed) threads.emplace_back(write_on, seed, std::ref(world));
  for (u64 version = 1; version <= 60; ++version) {
    for (u64 i = 0; i < kBlocks; i += 7)
      test.write(file, index_of((i + version) % kBlocks), content((i + version) % kBlocks, version));
    std::optional<Prepared> prepared;
    {
      const std::lock_guard lock(world);
      prepared = good(test->prepare());
    }
    good(test->publish(*prepared));
  }
  is_over = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(reads, 100u);
  EXPECT_GT(changes, 10u);
}

}  // namespace
}  // namespace sgxx::volume
