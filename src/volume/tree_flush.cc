// SPDX-License-Identifier: Apache-2.0
//
// Dirty nodes to the disk, bottom-up: what is written of a node is in the pointer of its parent before that one's turn comes.
#include "volume/tree.h"

namespace sgxx::volume {

/// The disk below had no room for these nodes: they lie elsewhere.
void Tree::move(std::span<Node* const> nodes) {
  space_.blocks().prefer_written();
  for (Node* node : nodes) space_.blocks().give_back(node->block);
  for (Node* node : nodes) node->block = space_.blocks().take_for_node();
}

Outcome<> Tree::flush_level(const Mutex& mutex, KeyStream& keys, NodeList& list, Batch& batch, u8* staging) {
  for (bool is_again = false; !list.is_empty();) {
    std::array<Node*, kMostOfBatch> nodes;
    batch.clear();
    {
      Guard guard(mutex);
      for (Node* node = list.first(); node != nullptr && !batch.is_full(); node = node->next) {
        nodes[batch.count()] = node;
        batch.add({node->block, TRY(keys.next()), {}}, node->place(), node->page);
      }
    }
    const auto written = store_.write(batch, staging);
    Guard guard(mutex);
    if (!written.ok()) {
      if (written.error().fault != Fault::no_space) return Failure{written.error()};
      move({nodes.data(), batch.count()});
      if (std::exchange(is_again, true)) return Failure{written.error()};
      continue;
    }
    is_again = false;
    for (u32 i = 0; i < batch.count(); ++i) {
      Node& node = *nodes[i];
      space_.blocks().note_written(node.block);
      (node.parent != nullptr ? node.parent->pointers().pointers[node.slot] : node.object->root_) = batch[i].pointer;
      list.remove(node);
      node.is_dirty = false;
      clean_.append(node);
    }
    evict(nullptr);
  }
  return {};
}

/// Where the trees of dirty objects are now, into the records, which are in memory.
void Tree::write_records() {
  while (dirty_objects_ != nullptr) {
    Object& object = *dirty_objects_;
    const u64 index = object.number() / kRecordsOfBlock;
    Node* node = table_.top_;
    while (node->level != 0) node = node->children[digit(index, node->level)];
    Record& record = node->records().records[object.number() % kRecordsOfBlock];
    if (object.exists_) {
      record.blocks = object.blocks_;
      record.height = object.height_;
      record.root = object.root_;
    }
    dirty_objects_ = object.next_;
    object.next_ = nullptr;
    object.is_dirty_ = false;
  }
}

Outcome<> Tree::flush(const Mutex& mutex, KeyStream& keys, Batch& batch, u8* staging) {
  for (NodeList& list : dirty_[1]) TRY(flush_level(mutex, keys, list, batch, staging));
  {
    Guard guard(mutex);
    write_records();
  }
  for (NodeList& list : dirty_[0]) TRY(flush_level(mutex, keys, list, batch, staging));
  table_.is_dirty_ = false;
  return {};
}

}  // namespace sgxx::volume
