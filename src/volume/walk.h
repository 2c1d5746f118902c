// SPDX-License-Identifier: Apache-2.0
//
// Walk: reads and verifies all nodes and records of a state, so as to find its objects and which blocks are in use. A stack of
// pointers that wait; as many from its top as go into a batch are read together.
#pragma once

#include "volume/block_store.h"
#include "volume/free_space.h"
#include "volume/object_list.h"

namespace sgxx::volume {

class Walk {
 public:
  Walk(const Memory& memory, const BlockStore& store, FreeSpace& blocks, ObjectList& objects)
      : waiting_(memory), store_(store), blocks_(blocks), objects_(objects) {}

  /// Of the whole volume; `batch` and `pages`, kMostOfBatch pages, are for its use. Fault::integrity.
  Outcome<> run(const State& state, Batch& batch, u8* pages);

 private:
  struct Waiting {
    Pointer pointer;
    Place place;
  };

  Outcome<> wait_for(const Pointer& pointer, const Place& place);
  Outcome<> take(const BlockItem& item);
  Outcome<> take_records(const BlockItem& item);

  Array<Waiting> waiting_;
  BlockStore store_;
  FreeSpace& blocks_;
  ObjectList& objects_;
};

}  // namespace sgxx::volume
