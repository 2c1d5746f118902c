// SPDX-License-Identifier: Apache-2.0
//
// A zeroed array that costs memory only where it is touched: one entry for each page of an ELRANGE of any size.
#pragma once

#include <sys/mman.h>

#include <cstdlib>
#include <utility>

#include "base/checked.h"

namespace sgxx::device::soft {

template <class T>
class LazyArray {
 public:
  LazyArray() = default;
  /// Aborts when the kernel has no address space left.
  explicit LazyArray(u64 count) : count_(count) {
    void* memory = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) std::abort();
    entries_ = static_cast<T*>(memory);
  }
  LazyArray(LazyArray&& other) noexcept
      : entries_(std::exchange(other.entries_, nullptr)), count_(std::exchange(other.count_, 0)) {}
  LazyArray& operator=(LazyArray&& other) noexcept {
    std::swap(entries_, other.entries_);
    std::swap(count_, other.count_);
    return *this;
  }
  ~LazyArray() {
    if (entries_ != nullptr) ::munmap(entries_, count_ * sizeof(T));
  }

  T& operator[](u64 index) {
    if (index >= count_) __builtin_trap();
    return entries_[index];
  }
  const T& operator[](u64 index) const { return const_cast<LazyArray&>(*this)[index]; }
  u64 size() const { return count_; }
  T* data() { return entries_; }

 private:
  T* entries_ = nullptr;
  u64 count_ = 0;
};

}  // namespace sgxx::device::soft
