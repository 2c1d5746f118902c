// SPDX-License-Identifier: Apache-2.0
#include "volume/walk.h"

#include <algorithm>

#include "volume/parse.h"

namespace sgxx::volume {

/// What `pointer` leads to is in use; if it is a node, it is read later.
Outcome<> Walk::wait_for(const Pointer& pointer, const Place& place) {
  if (!blocks_.claim(pointer.block)) return fail(Fault::integrity, pointer.block);
  if (place.object == kTableObject || place.level != 0) return waiting_.push({pointer, place});
  ++objects_.at(place.object).blocks_;
  return {};
}

Outcome<> Walk::take_records(const BlockItem& item) {
  const RecordBlock& block = *reinterpret_cast<const RecordBlock*>(item.page);
  for (u64 i = 0; i < kRecordsOfBlock; ++i) {
    const Record& record = block.records[i];
    if (!is_record(record, blocks_.block_count())) return fail(Fault::integrity, item.pointer.block);
    if (record.mode == 0) continue;
    const u64 number = item.place.index * kRecordsOfBlock + i;
    if (number < kRootDirectory || number >= objects_.slots()) return fail(Fault::integrity, item.pointer.block);
    Object& object = objects_.at(number);
    object.root_ = record.root;
    object.height_ = record.height;
    objects_.add(object);
    if (!record.root.is_hole()) TRY(wait_for(record.root, {number, 0, record.height, 0}));
  }
  return {};
}

Outcome<> Walk::take(const BlockItem& item) {
  if (item.place.level == 0) return take_records(item);
  const PointerNode& node = *reinterpret_cast<const PointerNode*>(item.page);
  if (!is_node(node, blocks_.block_count())) return fail(Fault::integrity, item.pointer.block);
  for (u32 slot = 0; slot < kBranches; ++slot) {
    const Pointer& pointer = node.pointers[slot];
    if (pointer.is_hole()) continue;
    TRY(wait_for(pointer, {item.place.object, item.place.index * kBranches + slot, item.place.level - 1, 0}));
  }
  return {};
}

Outcome<> Walk::run(const State& state, Batch& batch, u8* pages) {
  for (u64 block = 0; block < kFirstFreeBlock; ++block) {
    if (!blocks_.claim(block)) return fail(Fault::integrity, block);
  }
  TRY(objects_.grow(state.object_slots));
  if (!state.table_root.is_hole()) TRY(wait_for(state.table_root, {kTableObject, 0, state.table_height, 0}));
  while (waiting_.size() != 0) {
    const u64 count = std::min<u64>(waiting_.size(), kMostOfBatch);
    Waiting* const taken = waiting_.end() - count;
    // Nodes were mostly written side by side.
    std::sort(taken, waiting_.end(), [](const Waiting& a, const Waiting& b) { return a.pointer.block < b.pointer.block; });
    batch.clear();
    for (u64 i = 0; i < count; ++i) batch.add(taken[i].pointer, taken[i].place, pages + i * kBlockSize);
    waiting_.cut(waiting_.size() - count);
    const u32 good = TRY(store_.read(batch));
    if (good != batch.count()) return fail(Fault::integrity, batch[good].pointer.block);
    for (const BlockItem& item : batch) TRY(take(item));
  }
  return {};
}

}  // namespace sgxx::volume
