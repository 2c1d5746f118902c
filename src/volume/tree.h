// SPDX-License-Identifier: Apache-2.0
//
// Tree: the trees of pointers of all objects, with the nodes of them that are in memory.
//
// A clean node may be dropped at any time (when there are more than a limit, those first that nobody used lately). A dirty one
// has dirty nodes above it up to the top, its object is dirty, and it has its new block already, so that writing it needs no
// space. What a parent says about a child that is dirty is out of date until the child has been written.
//
// Guarded by the volume's lock, which is let go while a node is read from the disk: no node that was found before is good for
// anything after a call that takes a Guard, except that dirty ones stay until the next commit.
#pragma once

#include <algorithm>
#include <span>

#include "volume/block_store.h"
#include "volume/key_stream.h"
#include "volume/node.h"
#include "volume/parse.h"
#include "volume/space.h"

namespace sgxx::volume {

class Tree {
 public:
  Tree(const Environment& environment, const BlockStore& store, Space& space, u64 most_clean)
      : memory_(environment.memory), store_(store), space_(space), most_clean_(std::max(most_clean, kLeastClean)) {}
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;
  ~Tree();

  /// Nodes that are kept in memory in any case: those that some threads have just read and will look for.
  static constexpr u64 kLeastClean = 64;

  Object& table() { return table_; }
  void set_table(const Pointer& root, u32 height) {
    table_.root_ = root;
    table_.height_ = height;
  }
  /// As of the last flush.
  const Pointer& table_root() const { return table_.root_; }
  u32 table_height() const { return table_.height_; }

  /// The node of `level` above (or, for the table, at) block `index`; nullptr when all below it is a hole, or the object is too
  /// low to have it.
  Outcome<Node*> find(Guard& guard, Object& object, u64 index, u32 level);
  /// The same, to be changed: it is made if need be, and dirty.
  Outcome<Node*> change(Guard& guard, Object& object, u64 index, u32 level, Space::Purpose purpose);
  /// The object's record will be written with the next commit: what holds it is dirty.
  Outcome<> touch(Guard& guard, Object& object, Space::Purpose purpose);

  /// Pointers to data blocks `index` and following; `first` is nullptr for holes. Good until the lock is let go.
  struct Pointers {
    const Pointer* first = nullptr;
    u64 count = 0;
  };
  Outcome<Pointers> pointers(Guard& guard, Object& object, u64 index);
  /// `set_pointer` of this block will find its way in memory and need no space.
  Outcome<> make_way(Guard& guard, Object& object, u64 index, Space::Purpose purpose);
  /// Data block `index` is at `pointer` from now on; what was there is given back.
  Outcome<> set_pointer(Guard& guard, Object& object, u64 index, const Pointer& pointer, Space::Purpose purpose);
  /// From `from` on the first block that is no hole (or, with `data` false, that is one), or ~0.
  Outcome<u64> search(Guard& guard, Object& object, u64 from, bool data);

  /// Blocks [first, end) become holes.
  Outcome<> cut(Guard& guard, Object& object, u64 first, u64 end);
  /// The whole tree of an object that is to be no more. Needs no space.
  void cut_all(Guard& guard, Object& object);

  /// Writes all that is dirty, bottom-up, the records of dirty objects with it. Nothing else changes meanwhile.
  Outcome<> flush(const Mutex& mutex, KeyStream& keys, Batch& batch, u8* staging);
  bool is_dirty() const { return dirty_objects_ != nullptr || table_.is_dirty_; }

  u64 clean_nodes() const { return clean_.size(); }

 private:
  /// How far a way down the tree leads in what exists: to the node that was looked for, or to the one with a hole below it.
  struct Way {
    Node* node = nullptr;  // the last one; nullptr: the object is empty or too low
    bool is_whole = false;
  };

  static u32 lowest(const Object& object) { return object.number() == kTableObject ? 0 : 1; }

  Outcome<Way> descend(Guard& guard, Object& object, u64 index, u32 level);
  Outcome<> load(Guard& guard, Object& object, Node* parent, u32 slot, const Place& place);
  Outcome<bool> read_node(Node& node, const Pointer& pointer) const;

  Outcome<Node*> make_node(Object& object, u64 index, u32 level);
  void free_node(Node& node);
  void unpin(Node& node);
  void attach(Node& node, Node* parent, u32 slot);
  void detach(Node& node);
  void evict(const Node* spared);
  NodeList& list_of(const Node& node) { return node.is_dirty ? dirty_[lowest(*node.object)][node.level] : clean_; }

  u64 blocks_needed(const Object& object, u64 index, u32 level) const;
  Outcome<> grow(Object& object, u64 index, u32 level);
  Outcome<Node*> add_node(Object& object, Node* parent, u64 index, u32 level);
  void make_dirty(Node& node);

  bool cut_leaf(Node& leaf, u64 first, u64 end);
  void discard(Guard& guard, Object& object, Node* node, const Pointer& pointer, const Place& place);
  void discard_below(Guard& guard, Node& node);

  Outcome<> flush_level(const Mutex& mutex, KeyStream& keys, NodeList& list, Batch& batch, u8* staging);
  void move(std::span<Node* const> nodes);
  void write_records();
  void free_all(NodeList& list);

  Memory memory_;
  BlockStore store_;
  Space& space_;
  u64 most_clean_;
  Object table_;
  NodeList clean_;
  NodeList dirty_[2][kHighest + 1];  // [0]: the table's; by level
  Object* dirty_objects_ = nullptr;
};

/// The way from a node of `level` down to block `index`: which of its pointers.
inline u32 digit(u64 index, u32 level) { return static_cast<u32>(index / reach(level - 1) % kBranches); }

}  // namespace sgxx::volume
