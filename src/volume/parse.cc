// SPDX-License-Identifier: Apache-2.0
#include "volume/parse.h"

namespace sgxx::volume {
namespace {

bool is_pointer(const Pointer& pointer, u64 block_count) {
  return pointer.is_hole() ? pointer == Pointer{} : is_block(pointer.block, block_count);
}

}  // namespace

Outcome<> check_header(const Header& header) {
  if (header.magic != Header::kMagic) return fail(Fault::not_a_volume);
  if (header.version != kFormatVersion) return fail(Fault::unsupported_version);
  if (header.block_size != kBlockSize) return fail(Fault::integrity);
  for (const KeySlot& slot : header.slots) {
    if (slot.kind > SlotKind::signer) return fail(Fault::integrity);
  }
  return {};
}

bool is_superblock(const Superblock& superblock, u32 slot) {
  return superblock.magic == Superblock::kMagic && superblock.version == kFormatVersion && superblock.slot == slot;
}

bool is_state(const State& state) {
  return state.anchor.generation != 0 && state.anchored.generation <= state.anchor.generation &&
         state.block_count >= kFirstFreeBlock && state.block_count <= state.most_blocks && state.most_blocks <= kMostBlocks &&
         state.object_slots <= state.block_count * kRecordsOfBlock && state.objects <= state.object_slots &&
         state.table_height <= kHighest && state.zero == 0 && is_pointer(state.table_root, state.block_count);
}

bool is_node(const PointerNode& node, u64 block_count) {
  for (const Pointer& pointer : node.pointers) {
    if (!is_pointer(pointer, block_count)) return false;
  }
  return node.zero == decltype(node.zero){};
}

bool is_record(const Record& record, u64 block_count) {
  if (record.mode == 0) return record == Record{};
  return record.height <= kHighest && record.zero == 0 && record.extension == 0 && is_pointer(record.root, block_count) &&
         (!record.root.is_hole() || record.height == 0);
}

bool is_record_block(const RecordBlock& block, u64 block_count) {
  for (const Record& record : block.records) {
    if (!is_record(record, block_count)) return false;
  }
  return true;
}

}  // namespace sgxx::volume
