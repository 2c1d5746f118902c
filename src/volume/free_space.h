// SPDX-License-Identifier: Apache-2.0
//
// FreeSpace: which blocks of the disk are in use. It is not stored: opening the volume finds out by walking the tree.
//
// A block that the state on disk refers to must not be overwritten before a state without it is on disk. So a block that is
// given back stays in use until the next state has been published, unless it was handed out after the last `prepared`: then no
// state knows it, and it is free at once.
//
// Guarded by the volume's lock.
#pragma once

#include "volume/array.h"

namespace sgxx::volume {

class FreeSpace {
 public:
  explicit FreeSpace(const Memory& memory) : memory_(memory), chunks_(memory) {}
  FreeSpace(const FreeSpace&) = delete;
  FreeSpace& operator=(const FreeSpace&) = delete;
  ~FreeSpace();

  /// The disk has `block_count` blocks from now on, no fewer than before.
  Outcome<> grow(u64 block_count);
  u64 block_count() const { return block_count_; }
  /// With those that wait for a commit.
  u64 used() const { return used_; }
  /// Those that wait for a commit.
  u64 waiting() const { return waiting_; }
  u64 free() const { return block_count_ - used_; }

  /// While the tree is walked: false when the block is in use already, or beyond the disk.
  bool claim(u64 block);

  struct Run {
    u64 first = 0;
    u64 count = 0;  ///< 0: nothing is free
  };
  /// Up to `most` adjacent blocks for data: where a long run is free, if one is soon found.
  Run take(u64 most);
  /// One for a node, near other nodes: they are read together when the volume is opened. 0: nothing is free.
  u64 take_for_node();
  void give_back(u64 block);
  /// The block has been written, so that the disk has room for it for ever.
  void note_written(u64 block);
  /// The disk below had no room for a block: until a state is published those that were written before are taken, while there are
  /// such.
  void prefer_written() { prefers_written_ = true; }

  /// A state has been written that refers to all that is in use.
  void prepared();
  /// It is on disk.
  void published();

 private:
  static constexpr u64 kWords = kBlockSize / sizeof(u64);
  static constexpr u64 kBlocksOfChunk = kWords * 64;
  static constexpr u64 kNodeExtent = 64;
  /// A run as long as this is worth a call of the disk; so many shorter ones are passed over in search of it.
  static constexpr u64 kLongRun = 16;
  static constexpr u32 kRunsPassedOver = 32;

  struct Bits {
    u64 words[kWords];
    bool get(u64 bit) const { return (words[bit / 64] >> (bit % 64) & 1) != 0; }
    void set(u64 bit) { words[bit / 64] |= u64{1} << (bit % 64); }
    void clear(u64 bit) { words[bit / 64] &= ~(u64{1} << (bit % 64)); }
  };
  /// What concerns 128 MiB of the disk.
  struct Chunk {
    Bits* used;
    Bits* fresh;      // handed out since the last `prepared`
    Bits* open;       // given back since the last `prepared`, not fresh
    Bits* preparing;  // given back before the last `prepared`, not published
    Bits* written;    // ever, as far as is known
    u64 count;        // of used ones
    bool has_fresh, has_open, has_preparing;
  };

  Outcome<> add_chunk();
  bool is_free(u64 block) const {
    return block < block_count_ && !chunks_[block / kBlocksOfChunk].used->get(block % kBlocksOfChunk);
  }
  void use(u64 block);
  void use_fresh(u64 block);
  /// `only_written`: those that were.
  u64 find_free(u64 from, bool only_written = false) const;
  u64 find_written() const;
  u64 end_of_free(u64 from, u64 limit) const;
  Run find_run(u64 most) const;

  Memory memory_;
  Array<Chunk> chunks_;
  u64 block_count_ = 0;
  u64 used_ = 0;
  u64 waiting_ = 0;
  u64 cursor_ = 0;
  u64 node_cursor_ = 0;
  u64 node_end_ = 0;
  bool prefers_written_ = false;
};

}  // namespace sgxx::volume
