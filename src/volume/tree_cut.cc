// SPDX-License-Identifier: Apache-2.0
//
// Parts of trees that are cut off. A part is first taken out of the tree, then its blocks are looked for and given back. If some
// of its nodes cannot be read, the blocks below them stay in use until the volume is opened anew: that is no reason not to
// remove.
#include "volume/tree.h"

namespace sgxx::volume {

/// The blocks [first, end) of one leaf. False when they are holes already.
bool Tree::cut_leaf(Node& leaf, u64 first, u64 end) {
  bool is_changed = false;
  for (; first < end; ++first) {
    Pointer& pointer = leaf.pointers().pointers[first % kBranches];
    if (pointer.is_hole()) continue;
    is_changed = true;
    if (!leaf.is_dirty) break;
    space_.blocks().give_back(pointer.block);
    --leaf.object->blocks_;
    pointer = {};
  }
  return is_changed;
}

Outcome<> Tree::cut(Guard& guard, Object& object, u64 first, u64 end) {
  end = std::min(end, reach(object.height_));
  if (first >= end) return {};
  if (first == 0 && end == reach(object.height_)) {
    TRY(touch(guard, object, Space::Purpose::removal));
    cut_all(guard, object);
    return {};
  }
  while (first < end) {
    // The highest part that begins here and goes as a whole.
    u32 level = 0;
    while (first % reach(level + 1) == 0 && reach(level + 1) <= end - first) ++level;
    const Way way = TRY(descend(guard, object, first, level + 1));
    if (way.node == nullptr) return {};
    if (!way.is_whole) {
      const u64 hole = reach(way.node->level - 1);
      first = (first / hole + 1) * hole;
      continue;
    }
    const u32 slot = digit(first, level + 1);
    if (level == 0) {
      const u64 stop = std::min(end, first - slot + kBranches);
      if (cut_leaf(*way.node, first, stop) && !way.node->is_dirty) {
        cut_leaf(*TRY(change(guard, object, first, 1, Space::Purpose::removal)), first, stop);
      }
      first = stop;
      continue;
    }
    if (way.node->children[slot] != nullptr || !way.node->pointers().pointers[slot].is_hole()) {
      Node& parent = *TRY(change(guard, object, first, level + 1, Space::Purpose::removal));
      Node* const child = parent.children[slot];
      const Pointer pointer = std::exchange(parent.pointers().pointers[slot], {});
      if (child != nullptr) detach(*child);
      discard(guard, object, child, pointer, {object.number(), first / reach(level), level, 0});
    }
    first += reach(level);
  }
  return {};
}

void Tree::cut_all(Guard& guard, Object& object) {
  Node* const top = object.top_;
  const Pointer root = std::exchange(object.root_, {});
  const u32 height = std::exchange(object.height_, 0);
  if (top != nullptr) detach(*top);
  discard(guard, object, top, root, {object.number(), 0, height, 0});
  object.blocks_ = 0;
}

/// What was taken out of the tree: `node` if it is in memory, else what `pointer` leads to.
void Tree::discard(Guard& guard, Object& object, Node* node, const Pointer& pointer, const Place& place) {
  if (node != nullptr) {
    ++node->pins;
    discard_below(guard, *node);
    space_.blocks().give_back(node->block);
    unpin(*node);
    return;
  }
  if (pointer.is_hole()) return;
  if (place.level < lowest(object)) {
    --object.blocks_;
  } else if (auto made = make_node(object, place.index, place.level); made.ok()) {
    // Read before its block is given back, which somebody else might write to at once.
    const auto read = guard.without([&] { return read_node(**made, pointer); });
    if (read.ok() && *read && is_node((*made)->pointers(), space_.blocks().block_count())) discard_below(guard, **made);
    free_node(**made);
  }
  space_.blocks().give_back(pointer.block);
}

void Tree::discard_below(Guard& guard, Node& node) {
  for (u32 slot = 0; slot < kBranches; ++slot) {
    Node* const child = node.children == nullptr ? nullptr : node.children[slot];
    if (child != nullptr) detach(*child);
    discard(guard, *node.object, child, node.pointers().pointers[slot],
            {node.object->number(), node.index * kBranches + slot, node.level - 1, 0});
  }
}

}  // namespace sgxx::volume
