// SPDX-License-Identifier: Apache-2.0
//
// A spin lock for the runtime's short critical sections. The host schedules: a holder may be off its processor for as long as
// the host likes, which costs time and nothing else; after a while the waiter gives its processor back.
#pragma once

#include <atomic>

#include "enclave/host_call.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

class SpinLock {
 public:
  void lock() {
    for (u32 tries = 1; locked_.exchange(1, std::memory_order_acquire) != 0; ++tries) {
      asm volatile("pause");
      if (tries % 512 == 0 && current().in_exception == 0) host::yield();
    }
  }
  void unlock() { locked_.store(0, std::memory_order_release); }

 private:
  std::atomic<u32> locked_{0};
};

template <class Lock>
class [[nodiscard]] Guard {
 public:
  explicit Guard(Lock& lock) : lock_(lock) { lock_.lock(); }
  ~Guard() { lock_.unlock(); }
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  Lock& lock_;
};

}  // namespace sgxx::enclave
