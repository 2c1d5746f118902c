// SPDX-License-Identifier: Apache-2.0
//
// Nodes: found, read from the disk, kept and dropped.
#include "volume/tree.h"

namespace sgxx::volume {

Tree::~Tree() {
  free_all(clean_);
  for (auto& of_kind : dirty_) {
    for (NodeList& list : of_kind) free_all(list);
  }
}

void Tree::free_all(NodeList& list) {
  while (!list.is_empty()) {
    Node& node = *list.first();
    list.remove(node);
    free_node(node);
  }
}

Outcome<Node*> Tree::make_node(Object& object, u64 index, u32 level) {
  Node* const node = TRY(memory_.create<Node>());
  node->object = &object;
  node->index = index;
  node->level = level;
  auto page = memory_.allocate(kBlockSize);
  if (page.ok()) node->page = static_cast<u8*>(*page);
  if (page.ok() && level > lowest(object)) {
    auto children = memory_.allocate(kBranches * sizeof(Node*));
    if (children.ok()) node->children = static_cast<Node**>(*children);
  }
  if (node->page == nullptr || (level > lowest(object) && node->children == nullptr)) {
    free_node(*node);
    return fail(Fault::no_memory);
  }
  return node;
}

void Tree::free_node(Node& node) {
  if (node.page != nullptr) memory_.release(node.page, kBlockSize);
  if (node.children != nullptr) memory_.release(node.children, kBranches * sizeof(Node*));
  memory_.destroy(&node);
}

void Tree::unpin(Node& node) {
  if (--node.pins == 0 && node.is_detached) free_node(node);
}

void Tree::attach(Node& node, Node* parent, u32 slot) {
  node.parent = parent;
  node.slot = slot;
  node.was_used = true;
  if (parent != nullptr) {
    parent->children[slot] = &node;
    ++parent->kept_below;
  } else {
    node.object->top_ = &node;
  }
  list_of(node).append(node);
}

/// Out of its tree and its list; its children stay with it.
void Tree::detach(Node& node) {
  list_of(node).remove(node);
  if (node.parent != nullptr) {
    node.parent->children[node.slot] = nullptr;
    --node.parent->kept_below;
  } else {
    node.object->top_ = nullptr;
  }
  node.parent = nullptr;
  node.is_detached = true;
}

/// Drops clean nodes beyond the limit: of two rounds over them the first finds out who was used since the last time.
void Tree::evict(const Node* spared) {
  for (u64 tries = 2 * clean_.size(); clean_.size() > most_clean_ && tries != 0; --tries) {
    Node& node = *clean_.first();
    if (&node == spared || node.was_used || node.kept_below != 0 || node.pins != 0) {
      node.was_used = false;
      clean_.remove(node);
      clean_.append(node);
      continue;
    }
    detach(node);
    free_node(node);
  }
}

/// False when it is not what was written.
Outcome<bool> Tree::read_node(Node& node, const Pointer& pointer) const {
  BatchMemory<1> memory;
  Batch batch(memory);
  batch.add(pointer, node.place(), node.page);
  return TRY(store_.read(batch)) == 1;
}

/// The node at `place`, which a pointer of `parent`, or the object's root, leads to. It may not be there afterwards, when others
/// changed the tree meanwhile: look again.
Outcome<> Tree::load(Guard& guard, Object& object, Node* parent, u32 slot, const Place& place) {
  const Pointer pointer = parent != nullptr ? parent->pointers().pointers[slot] : object.root_;
  Node* const node = TRY(make_node(object, place.index, place.level));
  node->block = pointer.block;
  if (parent != nullptr) ++parent->pins;
  const auto read = guard.without([&] { return read_node(*node, pointer); });
  const bool is_current = parent != nullptr ? !parent->is_detached && parent->children[slot] == nullptr &&
                                                  parent->pointers().pointers[slot] == pointer
                                            : object.top_ == nullptr && object.root_ == pointer && object.height_ == place.level;
  if (parent != nullptr) unpin(*parent);
  const u64 blocks = space_.blocks().block_count();
  const bool is_good =
      read.ok() && *read && (place.level == 0 ? is_record_block(node->records(), blocks) : is_node(node->pointers(), blocks));
  if (is_current && is_good) {
    attach(*node, parent, slot);
    evict(node);
    return {};
  }
  free_node(*node);
  if (!is_current) return {};
  if (!read.ok()) return Failure{read.error()};
  return fail(Fault::integrity, pointer.block);
}

Outcome<Tree::Way> Tree::descend(Guard& guard, Object& object, u64 index, u32 level) {
  for (;;) {
    if (level > object.height_ || index >= reach(object.height_) || object.height_ < lowest(object)) return Way{};
    Node* node = object.top_;
    if (node == nullptr) {
      if (object.root_.is_hole()) return Way{};
      TRY(load(guard, object, nullptr, 0, {object.number(), 0, object.height_, 0}));
      continue;
    }
    node->was_used = true;
    while (node->level > level) {
      const u32 slot = digit(index, node->level);
      Node* const child = node->children[slot];
      if (child == nullptr) break;
      node = child;
      node->was_used = true;
    }
    if (node->level == level) return Way{node, true};
    const u32 slot = digit(index, node->level);
    if (node->pointers().pointers[slot].is_hole()) return Way{node, false};
    TRY(load(guard, object, node, slot, {object.number(), index / reach(node->level - 1), node->level - 1, 0}));
  }
}

Outcome<Node*> Tree::find(Guard& guard, Object& object, u64 index, u32 level) {
  const Way way = TRY(descend(guard, object, index, level));
  return way.is_whole ? way.node : nullptr;
}

Outcome<Tree::Pointers> Tree::pointers(Guard& guard, Object& object, u64 index) {
  if (object.height_ == 0) {
    if (index == 0 && !object.root_.is_hole()) return Pointers{&object.root_, 1};
    return Pointers{nullptr, kBranches};
  }
  const u64 slot = index % kBranches;
  const Node* const leaf = TRY(find(guard, object, index, 1));
  return Pointers{leaf == nullptr ? nullptr : &leaf->pointers().pointers[slot], kBranches - slot};
}

Outcome<u64> Tree::search(Guard& guard, Object& object, u64 from, bool data) {
  for (;;) {
    if (from >= reach(object.height_)) return data ? ~u64{0} : from;
    if (object.height_ == 0) {
      if (object.root_.is_hole()) return data ? ~u64{0} : from;
      return data ? from : from + 1;
    }
    const Way way = TRY(descend(guard, object, from, 1));
    if (!data && !way.is_whole) return from;
    if (way.node == nullptr) return ~u64{0};
    const Node& node = *way.node;
    const u64 below = reach(node.level - 1);
    const u64 base = node.index * reach(node.level);
    u32 slot = digit(from, node.level);
    const auto is_data = [&] {
      return !node.pointers().pointers[slot].is_hole() || (node.children != nullptr && node.children[slot] != nullptr);
    };
    while (slot < kBranches && is_data() != data) ++slot;
    const bool is_found = slot < kBranches;
    from = std::max(from, base + slot * below);
    if (is_found && node.level == 1) return from;
  }
}

}  // namespace sgxx::volume
