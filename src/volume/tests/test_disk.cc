// SPDX-License-Identifier: Apache-2.0
#include "volume/tests/test_disk.h"

#include <cerrno>

namespace sgxx::volume {

Outcome<> TestDisk::read(u64 first, std::span<u8* const> blocks) {
  if (is_dead() || random_.one_in(habits_.fail)) return fail(Fault::io, first, EIO);
  if (!fits(first, blocks.size(), blocks_.size()) || random_.one_in(habits_.shorten)) return fail(Fault::integrity, first);
  for (u64 i = 0; i < blocks.size(); ++i) {
    const Block* from = &blocks_[first + i];
    if (random_.one_in(habits_.other)) from = &blocks_[random_.below(blocks_.size())];
    if (random_.one_in(habits_.old)) {
      // What this block once was, or any block, whichever is met first from a random point on.
      const u64 start = random_.next();
      for (u64 tries = 0; tries < history_.size(); ++tries) {
        const auto& [block, bytes] = history_[(start + tries) % history_.size()];
        if (block != first + i) continue;
        from = &bytes;
        break;
      }
    }
    std::memcpy(blocks[i], from->data(), kBlockSize);
    if (random_.one_in(habits_.flip)) blocks[i][random_.below(kBlockSize)] ^= static_cast<u8>(1u << random_.below(8));
  }
  return {};
}

void TestDisk::put(u64 block, const u8* bytes) {
  waiting_.push_back({block, blocks_[block]});
  if (habits_.old != 0) history_.emplace_back(block, blocks_[block]);
  std::memcpy(blocks_[block].data(), bytes, kBlockSize);
}

Outcome<> TestDisk::write(u64 first, ByteView bytes) {
  const u64 count = bytes.size() / kBlockSize;
  if (is_dead() || !fits(first, count, blocks_.size())) return fail(Fault::io, first, EIO);
  for (u64 i = 0; i < count; ++i) {
    if (is_dead() || random_.one_in(habits_.fail)) return fail(Fault::io, first + i, EIO);
    if (writes_left_ != kForever) --writes_left_;
    ++writes_;
    if (random_.one_in(habits_.drop)) continue;
    Block block;
    std::memcpy(block.data(), bytes.data() + i * kBlockSize, kBlockSize);
    u64 place = first + i;
    if (random_.one_in(habits_.misplace)) place = random_.below(blocks_.size());
    if (random_.one_in(habits_.half)) {
      std::memcpy(block.data() + kBlockSize / 2, blocks_[place].data() + kBlockSize / 2, kBlockSize / 2);
    }
    put(place, block.data());
  }
  return {};
}

/// From the newest to the oldest, so that the sector of a block that was written twice is any of its three states.
void TestDisk::lose_some() {
  for (u64 i = waiting_.size(); i-- != 0;) {
    const u64 fate = random_.below(4);
    if (fate == 0) continue;
    for (u64 at = 0; at < kBlockSize; at += kSector) {
      if (fate == 1 || (fate == 2 && random_.one_in(2)))
        std::memcpy(blocks_[waiting_[i].block].data() + at, waiting_[i].before.data() + at, kSector);
    }
  }
  waiting_.clear();
}

Outcome<> TestDisk::sync() {
  if (is_dead()) return fail(Fault::io, 0, EIO);
  if (random_.one_in(habits_.fail)) {
    lose_some();
    has_lost_ = true;
    return fail(Fault::io, 0, EIO);
  }
  if (random_.one_in(habits_.lose)) lose_some();
  waiting_.clear();
  return {};
}

Outcome<u64> TestDisk::size() {
  if (is_dead() || random_.one_in(habits_.fail)) return fail(Fault::io, 0, EIO);
  if (random_.one_in(habits_.shorten)) return random_.below(blocks_.size());
  return blocks_.size();
}

Outcome<> TestDisk::resize(u64 blocks) {
  if (is_dead() || random_.one_in(habits_.fail)) return fail(Fault::no_space);
  if (blocks > blocks_.size()) blocks_.resize(blocks);
  return {};
}

void TestDisk::crash() {
  lose_some();
  writes_left_ = kForever;
}

}  // namespace sgxx::volume
