// SPDX-License-Identifier: Apache-2.0
//
// What blocks must look like before anything in them is used. Headers and superblocks are whatever the host likes; nodes, records
// and states have been authenticated, and are looked at all the same: so that a bug, or somebody with the key, cannot make the
// engine step out of its arrays.
#pragma once

#include "volume/fault.h"
#include "volume/format.h"

namespace sgxx::volume {

/// Fault::not_a_volume, Fault::unsupported_version, or Fault::integrity for one that cannot be.
Outcome<> check_header(const Header& header);

/// False when it is none, or that of the other slot.
bool is_superblock(const Superblock& superblock, u32 slot);

bool is_state(const State& state);

/// `block` is one that a pointer may name on a disk of `block_count` blocks.
constexpr bool is_block(u64 block, u64 block_count) { return block >= kFirstFreeBlock && block < block_count; }

/// Pointers lead to blocks of the disk or are all zero.
bool is_node(const PointerNode& node, u64 block_count);

/// Of an object that exists, or all zero.
bool is_record(const Record& record, u64 block_count);
bool is_record_block(const RecordBlock& block, u64 block_count);

/// Blocks that a tree of `height` levels of nodes can hold; `height` is at most kHighest.
constexpr u64 reach(u32 height) {
  constexpr u64 n = kBranches;
  constexpr std::array<u64, kHighest + 1> kReach = {
      1, n, n * n, n * n * n, n * n * n * n, n * n * n * n * n, n * n * n * n * n * n};
  return kReach[height];
}

}  // namespace sgxx::volume
