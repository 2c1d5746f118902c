// SPDX-License-Identifier: Apache-2.0
//
// Trees as they change in memory.
#include "volume/tree.h"

namespace sgxx::volume {
namespace {

bool is_high_enough(u32 height, u64 index, u32 level) { return height >= level && index < reach(height); }

}  // namespace

Outcome<> Tree::touch(Guard& guard, Object& object, Space::Purpose purpose) {
  if (object.is_dirty_) return {};
  if (&object != &table_) {
    TRY(change(guard, table_, object.number() / kRecordsOfBlock, 0, purpose));
    if (object.is_dirty_) return {};  // by another thread
    object.next_ = dirty_objects_;
    dirty_objects_ = &object;
  }
  object.is_dirty_ = true;
  return {};
}

/// The node gets a new block; what is above it is dirty already. There is free space.
void Tree::make_dirty(Node& node) {
  clean_.remove(node);
  node.is_dirty = true;
  list_of(node).append(node);
  space_.blocks().give_back(node.block);
  node.block = space_.blocks().take_for_node();
}

/// An empty, dirty node where there was a hole.
Outcome<Node*> Tree::add_node(Object& object, Node* parent, u64 index, u32 level) {
  Node* const node = TRY(make_node(object, index / reach(level), level));
  node->is_dirty = true;
  node->block = space_.blocks().take_for_node();
  attach(*node, parent, parent == nullptr ? 0 : digit(index, level + 1));
  return node;
}

/// New blocks that `change` asks for, when what there is of the way down is in memory.
u64 Tree::blocks_needed(const Object& object, u64 index, u32 level) const {
  u32 height = object.height_;
  while (!is_high_enough(height, index, level)) ++height;
  const bool is_empty = object.top_ == nullptr && object.root_.is_hole();
  if (is_empty) return height - level + 1;
  if (height != object.height_) return (height - object.height_) + (height - level);
  u64 needed = 0;
  const Node* node = object.top_;
  for (u32 at = height;; --at) {
    if (node == nullptr || !node->is_dirty) ++needed;
    if (at == level) return needed;
    if (node != nullptr) node = node->children[digit(index, at)];
  }
}

/// New tops, until block `index` and a node of `level` have their place below the top.
Outcome<> Tree::grow(Object& object, u64 index, u32 level) {
  while (!is_high_enough(object.height_, index, level)) {
    if (object.top_ == nullptr && object.root_.is_hole()) {
      ++object.height_;
      continue;
    }
    Node* const below = object.top_;
    Node* const top = TRY(make_node(object, 0, object.height_ + 1));
    top->is_dirty = true;
    top->block = space_.blocks().take_for_node();
    top->pointers().pointers[0] = object.root_;
    if (below != nullptr) {
      below->parent = top;
      below->slot = 0;
      top->children[0] = below;
      top->kept_below = 1;
    }
    attach(*top, nullptr, 0);
    ++object.height_;
  }
  return {};
}

Outcome<Node*> Tree::change(Guard& guard, Object& object, u64 index, u32 level, Space::Purpose purpose) {
  TRY(touch(guard, object, purpose));
  for (;;) {
    const Way way = TRY(descend(guard, object, index, level));
    if (way.is_whole && way.node->is_dirty) return way.node;
    // Asking for space may let go of the lock; then what was found above is looked for once more.
    const u64 needed = blocks_needed(object, index, level);
    if (space_.has(needed, purpose)) break;
    TRY(space_.ensure(guard, needed, purpose));
  }
  TRY(grow(object, index, level));
  Node* parent = nullptr;
  for (u32 at = object.height_;; --at) {
    Node* node = parent == nullptr ? object.top_ : parent->children[digit(index, at + 1)];
    if (node == nullptr) {
      node = TRY(add_node(object, parent, index, at));
    } else if (!node->is_dirty) {
      make_dirty(*node);
    }
    if (at == level) return node;
    parent = node;
  }
}

Outcome<> Tree::make_way(Guard& guard, Object& object, u64 index, Space::Purpose purpose) {
  TRY(touch(guard, object, purpose));
  if (index != 0 || object.height_ != 0) TRY(change(guard, object, index, 1, purpose));
  return {};
}

Outcome<> Tree::set_pointer(Guard& guard, Object& object, u64 index, const Pointer& pointer, Space::Purpose purpose) {
  TRY(touch(guard, object, purpose));
  Pointer* place = &object.root_;
  if (index != 0 || object.height_ != 0) {
    place = &TRY(change(guard, object, index, 1, purpose))->pointers().pointers[index % kBranches];
  }
  if (place->is_hole()) {
    ++object.blocks_;
  } else {
    space_.blocks().give_back(place->block);
  }
  *place = pointer;
  return {};
}

}  // namespace sgxx::volume
