// SPDX-License-Identifier: Apache-2.0
//
// A growing array of plain values in memory of the environment's.
#pragma once

#include <type_traits>

#include "volume/environment.h"

namespace sgxx::volume {

template <class T>
class Array {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  explicit Array(const Memory& memory) : memory_(memory) {}
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() {
    if (items_ != nullptr) memory_.release(items_, capacity_ * sizeof(T));
  }

  u64 size() const { return size_; }
  T& operator[](u64 index) { return items_[index]; }
  const T& operator[](u64 index) const { return items_[index]; }
  T* begin() { return items_; }
  T* end() { return items_ + size_; }

  /// Room for `capacity` items, so that so many `push` do not fail.
  Outcome<> reserve(u64 capacity) {
    if (capacity <= capacity_) return {};
    u64 enough = capacity_ == 0 ? 16 : capacity_;
    while (enough < capacity) enough *= 2;
    T* const items = static_cast<T*>(TRY(memory_.allocate(enough * sizeof(T))));
    if (items_ != nullptr) {
      std::memcpy(items, items_, size_ * sizeof(T));
      memory_.release(items_, capacity_ * sizeof(T));
    }
    items_ = items;
    capacity_ = enough;
    return {};
  }
  Outcome<> push(const T& item) {
    TRY(reserve(size_ + 1));
    items_[size_++] = item;
    return {};
  }
  void cut(u64 size) { size_ = size; }

 private:
  Memory memory_;
  T* items_ = nullptr;
  u64 size_ = 0;
  u64 capacity_ = 0;
};

}  // namespace sgxx::volume
