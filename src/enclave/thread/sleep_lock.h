// SPDX-License-Identifier: Apache-2.0
//
// SleepLock: for what is held for long, over host calls: who waits for it sleeps. Signals do not end the wait. Whoever comes when
// it is free takes it, before those who are waking up.
#pragma once

#include "enclave/lock.h"

namespace sgxx::enclave {

class SleepLock {
 public:
  void lock() {
    u32 free = kFree;
    if (!state_.compare_exchange_strong(free, kHeld, std::memory_order_acquire)) wait();
  }
  void unlock() {
    if (state_.exchange(kFree, std::memory_order_release) == kAwaited) wake();
  }

 private:
  struct Waiter {
    u32 thread;
    std::atomic<u32> woken;
    Waiter* next;
  };
  static constexpr u32 kFree = 0, kHeld = 1, kAwaited = 2;  // awaited: held, and perhaps there is somebody in the list

  void wait();
  void wake();

  std::atomic<u32> state_{kFree};
  SpinLock list_lock_;
  Waiter* first_ = nullptr;
  Waiter* last_ = nullptr;
};

}  // namespace sgxx::enclave
