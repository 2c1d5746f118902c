// SPDX-License-Identifier: Apache-2.0
//
// Object: a file, directory or symbolic link of an open volume, as the engine knows it: a number and a tree of blocks. It is made
// by opening the volume or by Volume::make, stays where it is, and ends with Volume::remove or the volume.
#pragma once

#include "volume/format.h"

namespace sgxx::volume {

struct Node;

class Object {
 public:
  u64 number() const { return number_; }
  /// Data blocks that are no holes.
  u64 blocks() const { return blocks_; }

 private:
  friend class Volume;
  friend class ObjectList;
  friend class Tree;
  friend class Walk;

  u64 number_ = 0;
  Pointer root_;         // what the top of the tree is on disk; of a dirty top node, its last state
  Node* top_ = nullptr;  // the top node when it is cached, and there are nodes
  u64 blocks_ = 0;
  u32 height_ = 0;
  bool exists_ = false;
  bool is_dirty_ = false;   // the tree is not what the record in the table says
  Object* next_ = nullptr;  // in the list of dirty ones, or of free numbers
};

}  // namespace sgxx::volume
