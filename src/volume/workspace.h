// SPDX-License-Identifier: Apache-2.0
//
// Room to work in, too large for a stack, and kept for the next who needs it.
#pragma once

#include "volume/block_store.h"
#include "volume/guard.h"

namespace sgxx::volume {

struct ReadSpace {
  BatchMemory<kMostOfBatch> memory;
  ReadSpace* next;
};

/// Also has pages, for the ciphertext of a batch.
struct WriteSpace {
  BatchMemory<kMostOfBatch> memory;
  WriteSpace* next;
  alignas(64) u8 pages[kMostOfBatch * kBlockSize];
  u8* page(u64 index) { return pages + index * kBlockSize; }
};

template <class T>
class Pool {
 public:
  Pool(const Memory& memory, const Mutex& mutex) : memory_(memory), mutex_(mutex) {}
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;
  ~Pool() {
    while (idle_ != nullptr) memory_.release(std::exchange(idle_, idle_->next), sizeof(T));
  }

  /// One for as long as it lives.
  class Lease {
   public:
    Lease(Pool& pool, T* room) : pool_(&pool), room_(room) {}
    Lease(Lease&& other) noexcept : pool_(other.pool_), room_(std::exchange(other.room_, nullptr)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (room_ != nullptr) pool_->put_back(room_);
    }
    T& operator*() const { return *room_; }
    T* operator->() const { return room_; }

   private:
    Pool* pool_;
    T* room_;
  };

  Outcome<Lease> take() {
    {
      Guard guard(mutex_);
      if (idle_ != nullptr) {
        --count_;
        return Lease(*this, std::exchange(idle_, idle_->next));
      }
    }
    return Lease(*this, static_cast<T*>(TRY(memory_.allocate(sizeof(T)))));
  }

 private:
  static constexpr u32 kMostIdle = 4;

  void put_back(T* room) {
    {
      Guard guard(mutex_);
      if (count_ < kMostIdle) {
        room->next = std::exchange(idle_, room);
        ++count_;
        return;
      }
    }
    memory_.release(room, sizeof(T));
  }

  Memory memory_;
  const Mutex& mutex_;
  T* idle_ = nullptr;
  u32 count_ = 0;
};

}  // namespace sgxx::volume
