// SPDX-License-Identifier: Apache-2.0
//
// ObjectList: all objects of an open volume by their numbers, and the numbers that are free. Guarded by the volume's lock.
#pragma once

#include "volume/array.h"
#include "volume/object.h"

namespace sgxx::volume {

class ObjectList {
 public:
  explicit ObjectList(const Memory& memory) : memory_(memory), chunks_(memory) {}
  ObjectList(const ObjectList&) = delete;
  ObjectList& operator=(const ObjectList&) = delete;
  ~ObjectList();

  /// Numbers are below this.
  u64 slots() const { return slots_; }
  u64 count() const { return count_; }

  /// Slots up to `slots`, without objects.
  Outcome<> grow(u64 slots);
  Object& at(u64 number) { return chunks_[number / kObjectsOfChunk]->objects[number % kObjectsOfChunk]; }
  /// nullptr when there is no such object.
  Object* find(u64 number);

  /// A number that is free, or a new one; it stays free.
  Outcome<u64> free_number();
  void add(Object& object);
  void remove(Object& object);

 private:
  static constexpr u64 kObjectsOfChunk = 64;
  struct Chunk {
    Object objects[kObjectsOfChunk];
  };

  Memory memory_;
  Array<Chunk*> chunks_;
  u64 slots_ = 0;
  u64 count_ = 0;
  u64 lowest_free_ = kRootDirectory;  // no free number is below this
};

}  // namespace sgxx::volume
