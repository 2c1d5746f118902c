// SPDX-License-Identifier: Apache-2.0
//
// WakeList: threads that wait for something to be so. Who waits registers first, then looks, then sleeps (thread/futex.h), so
// that who makes it so and wakes all is never missed.
#pragma once

#include "enclave/lock.h"

namespace sgxx::enclave {

class WakeList {
 public:
  /// The calling thread is in the list until it is woken, or this ends.
  class [[nodiscard]] Waiting {
   public:
    explicit Waiting(WakeList& list) : list_(list), thread_(current().index) {
      Guard guard(list_.lock_);
      next_ = std::exchange(list_.first_, this);
    }
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;
    ~Waiting() {
      Guard guard(list_.lock_);
      if (woken_.load() == 0) list_.remove(*this);
    }
    const std::atomic<u32>& woken() const { return woken_; }

   private:
    friend class WakeList;
    WakeList& list_;
    Waiting* next_ = nullptr;
    u32 thread_;
    std::atomic<u32> woken_{0};
  };

  void wake_all() {
    while (const auto thread = take()) {
      if (thread_block(*thread).waiting.load() != 0) host::wake(*thread);
    }
  }

 private:
  std::optional<u32> take() {
    Guard guard(lock_);
    Waiting* const first = first_;
    if (first == nullptr) return std::nullopt;
    first_ = first->next_;
    const u32 thread = first->thread_;
    first->woken_.store(1);
    return thread;
  }
  void remove(Waiting& waiting) {
    Waiting** at = &first_;
    while (*at != &waiting) at = &(*at)->next_;
    *at = waiting.next_;
  }

  SpinLock lock_;
  Waiting* first_ = nullptr;
};

}  // namespace sgxx::enclave
