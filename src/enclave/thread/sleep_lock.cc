// SPDX-License-Identifier: Apache-2.0
#include "enclave/thread/sleep_lock.h"

#include "enclave/thread/futex.h"

namespace sgxx::enclave {

// Who was woken takes the lock for an awaited one, so that who is still in the list is woken when it is given back.
void SleepLock::wait() {
  ThreadBlock& thread = current();
  for (;;) {
    Waiter self{thread.index, 0, nullptr};
    {
      Guard guard(list_lock_);
      if (state_.exchange(kAwaited, std::memory_order_acquire) == kFree) return;
      (last_ != nullptr ? last_->next : first_) = &self;
      last_ = &self;
    }
    sleep_through(self.woken);
  }
}

void SleepLock::wake() {
  u32 thread = 0;
  {
    Guard guard(list_lock_);
    Waiter* const next = first_;
    if (next == nullptr) return;
    first_ = next->next;
    if (first_ == nullptr) last_ = nullptr;
    thread = next->thread;
    next->woken.store(1);  // from here on it may be gone
  }
  if (thread_block(thread).waiting.load() != 0) host::wake(thread);
}

}  // namespace sgxx::enclave
