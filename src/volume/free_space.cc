// SPDX-License-Identifier: Apache-2.0
#include "volume/free_space.h"

#include <algorithm>
#include <bit>

namespace sgxx::volume {

FreeSpace::~FreeSpace() {
  for (const Chunk& chunk : chunks_) {
    for (Bits* bits : {chunk.used, chunk.fresh, chunk.open, chunk.preparing, chunk.written}) memory_.destroy(bits);
  }
}

Outcome<> FreeSpace::add_chunk() {
  TRY(chunks_.reserve(chunks_.size() + 1));
  std::array<Bits*, 5> bits{};
  for (u64 i = 0; i < bits.size(); ++i) {
    auto made = memory_.create<Bits>();
    if (!made.ok()) {
      while (i != 0) memory_.destroy(bits[--i]);
      return Failure{made.error()};
    }
    bits[i] = *made;
  }
  return chunks_.push({bits[0], bits[1], bits[2], bits[3], bits[4], 0, false, false, false});
}

Outcome<> FreeSpace::grow(u64 block_count) {
  while (chunks_.size() * kBlocksOfChunk < block_count) TRY(add_chunk());
  block_count_ = std::max(block_count_, block_count);
  return {};
}

void FreeSpace::use(u64 block) {
  Chunk& chunk = chunks_[block / kBlocksOfChunk];
  chunk.used->set(block % kBlocksOfChunk);
  ++chunk.count;
  ++used_;
}

void FreeSpace::use_fresh(u64 block) {
  use(block);
  Chunk& chunk = chunks_[block / kBlocksOfChunk];
  chunk.fresh->set(block % kBlocksOfChunk);
  chunk.has_fresh = true;
}

bool FreeSpace::claim(u64 block) {
  if (!is_free(block)) return false;
  use(block);
  note_written(block);
  return true;
}

void FreeSpace::note_written(u64 block) { chunks_[block / kBlocksOfChunk].written->set(block % kBlocksOfChunk); }

/// Such a block that is free, if those are preferred; else 0.
u64 FreeSpace::find_written() const {
  if (!prefers_written_) return 0;
  const u64 block = find_free(0, true);
  return block == block_count_ ? 0 : block;
}

/// The first free block from `from` on, or block_count_.
u64 FreeSpace::find_free(u64 from, bool only_written) const {
  while (from < block_count_) {
    const Chunk& chunk = chunks_[from / kBlocksOfChunk];
    const u64 base = from - from % kBlocksOfChunk;
    if (chunk.count == kBlocksOfChunk) {
      from = base + kBlocksOfChunk;
      continue;
    }
    const u64 bit = from % kBlocksOfChunk;
    const u64 allowed = only_written ? chunk.written->words[bit / 64] : ~u64{0};
    const u64 free_bits = (~chunk.used->words[bit / 64] & allowed) >> (bit % 64);
    if (free_bits != 0) return std::min(from + static_cast<u64>(std::countr_zero(free_bits)), block_count_);
    from = align_down(from, 64) + 64;
  }
  return block_count_;
}

/// Where the free blocks from `from` on end, at most at `limit`.
u64 FreeSpace::end_of_free(u64 from, u64 limit) const {
  while (from < limit && is_free(from)) ++from;
  return from;
}

FreeSpace::Run FreeSpace::find_run(u64 most) const {
  Run longest;
  if (const u64 block = find_written(); block != 0) return {block, 1};
  u64 from = cursor_;
  bool is_round = false;
  for (u32 passed = 0; passed <= kRunsPassedOver; ++passed) {
    u64 first = find_free(from);
    if (first == block_count_ && !std::exchange(is_round, true)) first = find_free(0);
    if (first == block_count_) break;
    const u64 end = end_of_free(first, first + most);
    if (end - first > longest.count) longest = {first, end - first};
    if (longest.count >= std::min(most, kLongRun)) break;
    from = end;
  }
  return longest;
}

FreeSpace::Run FreeSpace::take(u64 most) {
  const Run run = find_run(most);
  for (u64 block = run.first; block < run.first + run.count; ++block) use_fresh(block);
  if (run.count != 0) cursor_ = run.first + run.count;
  return run;
}

u64 FreeSpace::take_for_node() {
  if (const u64 block = find_written(); block != 0) {
    use_fresh(block);
    return block;
  }
  if (node_cursor_ == node_end_ || !is_free(node_cursor_)) {
    node_cursor_ = find_free(cursor_);
    if (node_cursor_ == block_count_) node_cursor_ = find_free(0);
    if (node_cursor_ == block_count_) return node_cursor_ = node_end_ = 0;
    node_end_ = std::min(node_cursor_ + kNodeExtent, block_count_);
    cursor_ = node_end_;
  }
  use_fresh(node_cursor_);
  return node_cursor_++;
}

void FreeSpace::give_back(u64 block) {
  Chunk& chunk = chunks_[block / kBlocksOfChunk];
  const u64 bit = block % kBlocksOfChunk;
  if (chunk.fresh->get(bit)) {
    chunk.fresh->clear(bit);
    chunk.used->clear(bit);
    --chunk.count;
    --used_;
  } else {
    chunk.open->set(bit);
    chunk.has_open = true;
    ++waiting_;
  }
}

void FreeSpace::prepared() {
  for (Chunk& chunk : chunks_) {
    if (chunk.has_open) {
      // What an attempt to publish has left, if it failed, waits on with these.
      for (u64 i = 0; i < kWords; ++i) chunk.preparing->words[i] |= std::exchange(chunk.open->words[i], 0);
      chunk.has_preparing = true;
      chunk.has_open = false;
    }
    if (std::exchange(chunk.has_fresh, false)) std::memset(chunk.fresh->words, 0, sizeof(chunk.fresh->words));
  }
}

void FreeSpace::published() {
  prefers_written_ = false;
  for (Chunk& chunk : chunks_) {
    if (!std::exchange(chunk.has_preparing, false)) continue;
    u64 count = 0;
    for (u64 i = 0; i < kWords; ++i) {
      const u64 word = std::exchange(chunk.preparing->words[i], 0);
      chunk.used->words[i] &= ~word;
      for (u64 rest = word; rest != 0; rest &= rest - 1) ++count;
    }
    chunk.count -= count;
    used_ -= count;
    waiting_ -= count;
  }
}

}  // namespace sgxx::volume
