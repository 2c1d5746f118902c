// SPDX-License-Identifier: Apache-2.0
#include "volume/object_list.h"

#include <algorithm>

namespace sgxx::volume {

ObjectList::~ObjectList() {
  for (Chunk* chunk : chunks_) memory_.destroy(chunk);
}

Outcome<> ObjectList::grow(u64 slots) {
  if (slots > kMostObjects) return fail(Fault::too_large);
  while (chunks_.size() * kObjectsOfChunk < slots) {
    TRY(chunks_.reserve(chunks_.size() + 1));
    Chunk* const chunk = TRY(memory_.create<Chunk>());
    TRY(chunks_.push(chunk));
  }
  for (; slots_ < slots; ++slots_) at(slots_).number_ = slots_;
  return {};
}

Object* ObjectList::find(u64 number) {
  if (number < kRootDirectory || number >= slots_) return nullptr;
  Object& object = at(number);
  return object.exists_ ? &object : nullptr;
}

Outcome<u64> ObjectList::free_number() {
  while (lowest_free_ < slots_ && at(lowest_free_).exists_) ++lowest_free_;
  TRY(grow(std::max(slots_, lowest_free_ + 1)));
  return lowest_free_;
}

void ObjectList::add(Object& object) {
  object.exists_ = true;
  ++count_;
}

void ObjectList::remove(Object& object) {
  object.exists_ = false;
  --count_;
  lowest_free_ = std::min(lowest_free_, object.number_);
}

}  // namespace sgxx::volume
