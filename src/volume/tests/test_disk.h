// SPDX-License-Identifier: Apache-2.0
//
// TestDisk: a disk with a cache that a crash loses, in whole or in parts and in any order, as real ones do; which fails when it
// is told to; and which lies, when it is told to, in every way that a host can.
#pragma once

#include <vector>

#include "volume/environment.h"
#include "volume/tests/test_random.h"

namespace sgxx::volume {

class TestDisk {
 public:
  using Block = std::array<u8, kBlockSize>;

  /// Each is done once in so many operations; 0: never.
  struct Habits {
    u64 fail = 0;      ///< any operation is an error; a write is done in part, a sync has lost some of what it was for
    u64 flip = 0;      ///< a read has one bit wrong
    u64 old = 0;       ///< a read has what was once there
    u64 other = 0;     ///< a read has another block
    u64 drop = 0;      ///< a write is not done
    u64 misplace = 0;  ///< a write is done to another block
    u64 half = 0;      ///< a write is done in part
    u64 lose = 0;      ///< a sync has lost some of what it was for, and says nothing
    u64 shorten = 0;   ///< a read finds the end of the disk; the size is too small
    bool is_honest() const { return flip + old + other + drop + misplace + half + lose + shorten == 0; }
  };

  Outcome<> read(u64 first, std::span<u8* const> blocks);
  Outcome<> write(u64 first, ByteView bytes);
  Outcome<> sync();
  Outcome<u64> size();
  Outcome<> resize(u64 blocks);

  void seed(u64 seed) { random_ = TestRandom(seed); }
  void behave(const Habits& habits) { habits_ = habits; }
  /// Power fails after so many more blocks have been written: all that follows is an error.
  void fail_after(u64 writes) { writes_left_ = writes; }
  bool is_dead() const { return writes_left_ == 0; }
  /// Of what was written since the last sync each sector may be there or not. Power is back.
  void crash();
  /// Only the program was gone: the cache is as it was.
  void revive() { writes_left_ = kForever; }
  /// What the disk holds is changed for what another held, for good.
  void exchange(std::vector<Block>& blocks) {
    std::swap(blocks_, blocks);
    waiting_.clear();
  }

  const std::vector<Block>& blocks() const { return blocks_; }
  u64 writes() const { return writes_; }
  /// A sync has failed: what was written before it may be gone.
  bool has_lost() const { return has_lost_; }
  void forgive() { has_lost_ = false; }

 private:
  static constexpr u64 kSector = 512;
  static constexpr u64 kForever = ~u64{0};

  /// A block that was overwritten since the last sync, as it was then.
  struct Waiting {
    u64 block;
    Block before;
  };

  void put(u64 block, const u8* bytes);
  void lose_some();

  std::vector<Block> blocks_;  // as a read finds them
  std::vector<Waiting> waiting_;
  std::vector<std::pair<u64, Block>> history_;
  Habits habits_;
  TestRandom random_{0};
  u64 writes_left_ = kForever;
  u64 writes_ = 0;
  bool has_lost_ = false;
};

}  // namespace sgxx::volume
