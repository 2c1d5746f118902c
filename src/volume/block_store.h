// SPDX-License-Identifier: Apache-2.0
//
// Encrypted blocks on the disk: many are read or written together, in as few calls of disk and cipher as they allow. Knows
// nothing of trees.
#pragma once

#include "volume/environment.h"

namespace sgxx::volume {

/// Blocks of one call of the cipher, and at most of one of the disk: 256 KiB stay in a processor's second cache.
inline constexpr u32 kMostOfBatch = 64;

/// One block and its page of kBlockSize bytes.
struct BlockItem {
  Pointer pointer;
  Place place;
  Nonce nonce;
  u8* page;
};

/// Room for the arguments of the calls.
template <u32 n>
struct BatchMemory {
  BlockItem items[n];
  CipherJob jobs[n];
  u8* pages[n];
};

/// Up to `capacity` blocks, in memory of somebody else's.
class Batch {
 public:
  template <u32 n>
  explicit Batch(BatchMemory<n>& memory) : items_(memory.items), jobs_(memory.jobs), pages_(memory.pages), capacity_(n) {}

  bool is_full() const { return count_ == capacity_; }
  bool is_empty() const { return count_ == 0; }
  u32 count() const { return count_; }
  void clear() { count_ = 0; }
  BlockItem& add(const Pointer& pointer, const Place& place, u8* page) { return items_[count_++] = {pointer, place, {}, page}; }
  BlockItem& operator[](u32 index) { return items_[index]; }
  const BlockItem& operator[](u32 index) const { return items_[index]; }
  BlockItem* begin() { return items_; }
  BlockItem* end() { return items_ + count_; }

 private:
  friend class BlockStore;
  BlockItem* items_;
  CipherJob* jobs_;
  u8** pages_;
  u32 capacity_;
  u32 count_ = 0;
};

class BlockStore {
 public:
  BlockStore(const Disk& disk, const Crypto& crypto) : disk_(disk), crypto_(crypto) {}

  /// Fills the pages. The index of the first item from `from` on that is not what was written, or the number of items; pages
  /// from there on are undefined then. A disk that ends too early counts as a block that is not what was written.
  Outcome<u32> read(Batch& batch, u32 from = 0) const;

  /// Encrypts the pages, which stay as they are, into `staging` (kBlockSize bytes for each), writes that, and sets the tags.
  /// Blocks and keys have been chosen.
  Outcome<> write(Batch& batch, u8* staging) const;

 private:
  Disk disk_;
  Crypto crypto_;
};

}  // namespace sgxx::volume
