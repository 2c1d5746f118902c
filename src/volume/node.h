// SPDX-License-Identifier: Apache-2.0
//
// Node: a block of pointers, or of records of the object table, that is in memory.
#pragma once

#include "volume/object.h"

namespace sgxx::volume {

/// A list through the nodes themselves.
class NodeList {
 public:
  bool is_empty() const { return first_ == nullptr; }
  Node* first() const { return first_; }
  u64 size() const { return size_; }
  void append(Node& node);
  void remove(Node& node);

 private:
  Node* first_ = nullptr;
  Node* last_ = nullptr;
  u64 size_ = 0;
};

struct Node {
  PointerNode& pointers() const { return *reinterpret_cast<PointerNode*>(page); }
  RecordBlock& records() const { return *reinterpret_cast<RecordBlock*>(page); }
  Place place() const { return {object->number(), index, level, 0}; }

  u8* page;         // kBlockSize bytes
  Node** children;  // kBranches of those in memory; nullptr where nodes below are not kept
  Node* parent;     // nullptr: the top of the object's tree
  Object* object;
  u64 index;  // among the nodes of its level
  u64 block;  // where it lies; of a dirty one, where it will lie
  u32 level;
  u32 slot;          // in its parent
  u32 kept_below;    // children in memory
  u32 pins;          // threads that are waiting for the disk and will come back to it
  bool is_dirty;     // not on disk as it is here; so are all nodes above it
  bool was_used;     // since eviction last came by
  bool is_detached;  // cut from its tree, and kept only by pins
  Node* next;
  Node* previous;
};

inline void NodeList::append(Node& node) {
  node.previous = last_;
  node.next = nullptr;
  (last_ != nullptr ? last_->next : first_) = &node;
  last_ = &node;
  ++size_;
}

inline void NodeList::remove(Node& node) {
  (node.previous != nullptr ? node.previous->next : first_) = node.next;
  (node.next != nullptr ? node.next->previous : last_) = node.previous;
  --size_;
}

}  // namespace sgxx::volume
