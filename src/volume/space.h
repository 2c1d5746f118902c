// SPDX-License-Identifier: Apache-2.0
//
// Space: free blocks, the disk growing when they run out, and what has been promised of them. Guarded by the volume's lock.
#pragma once

#include <algorithm>

#include "volume/free_space.h"
#include "volume/guard.h"

namespace sgxx::volume {

class Space {
 public:
  Space(const Environment& environment, u64 most_blocks)
      : disk_(environment.disk), blocks_(environment.memory), most_blocks_(most_blocks) {}

  FreeSpace& blocks() { return blocks_; }
  const FreeSpace& blocks() const { return blocks_; }
  u64 most_blocks() const { return most_blocks_; }
  /// Unless another limit was given; what there is stays.
  void use_limit_of(u64 most_blocks) {
    most_blocks_ = std::max(most_blocks_ == 0 ? most_blocks : std::min(most_blocks_, kMostBlocks), blocks_.block_count());
  }
  /// From now on so much more is kept as a commit that changes every record may need: all of the table, written anew.
  void keep_for_records(u64 object_slots) {
    const u64 blocks = object_slots / kRecordsOfBlock + 1;
    kept_for_records_ = std::max(kept_for_records_, blocks + blocks / (kBranches - 1) + kHighest);
  }
  /// `count` blocks of data, side by side and with the nodes above them, could be written beside what is promised. A guess, but
  /// what it refuses there is no room for.
  bool has_room(u64 count) const {
    const u64 kept = kept_within_limit(Purpose::ordinary) + count / kBranches;
    return kept < most_blocks_ - blocks_.used() && count <= most_blocks_ - blocks_.used() - kept;
  }
  /// Blocks of data that are promised.
  u64 promised() const { return promised_; }

  /// Who asks for blocks. What is promised is for writing what it was promised for; removing things, and changing records, may
  /// use the last ones: the one makes room, and the other cannot be refused when its commit comes.
  enum class Purpose : u8 { promised, ordinary, removal };
  /// Blocks that only removal may use.
  static constexpr u64 kKeptForRemoval = 64;

  /// What one write of one block may use at most: the block, nodes above it, and those above its object's record.
  static constexpr u64 kMostOfPromise = 1 + (2 * kHighest - 1) + kHighest;

  /// `count` blocks are free for this purpose on the disk as it is.
  bool has(u64 count, Purpose purpose) const {
    return is_allowed(count, purpose) && kept_on_disk(purpose) + count <= blocks_.free();
  }
  /// Makes it so; grows the disk, without the lock. Fault::no_space.
  Outcome<> ensure(Guard& guard, u64 count, Purpose purpose);

  /// For `count` blocks of data, and all that writing them may use: within the limit of the volume as much as it can be at most,
  /// on the disk as much as it is even when each of them lies alone.
  Outcome<> promise(Guard& guard, u64 count);
  void unpromise(u64 count) { promised_ -= count; }

 private:
  u64 kept_within_limit(Purpose purpose) const { return kept(purpose, promised_ * kMostOfPromise); }
  u64 kept_on_disk(Purpose purpose) const { return kept(purpose, promised_ * 2 + promised_ / 16); }
  u64 kept(Purpose purpose, u64 promised) const {
    if (purpose == Purpose::promised) return 0;
    return purpose == Purpose::removal ? promised : promised + kKeptForRemoval + kept_for_records_;
  }
  bool is_allowed(u64 count, Purpose purpose) const {
    return kept_within_limit(purpose) + count <= most_blocks_ - blocks_.used();
  }

  Outcome<> grow(Guard& guard, u64 least);
  bool is_scarce() const { return blocks_.free() < blocks_.block_count() / kGrowthDivisor; }

  /// The disk grows by a sixteenth, at least by 1 MiB: seldom, and never to far more than what is used. So much is kept free,
  /// too, if it can be had: what is written together is to lie together.
  static constexpr u64 kLeastGrowth = 256;
  static constexpr u64 kGrowthDivisor = 16;

  Disk disk_;
  FreeSpace blocks_;
  u64 most_blocks_;
  u64 promised_ = 0;
  u64 kept_for_records_ = 0;
  bool may_grow_early_ = true;
};

}  // namespace sgxx::volume
