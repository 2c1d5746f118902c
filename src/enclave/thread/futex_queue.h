// SPDX-License-Identifier: Apache-2.0
//
// Where threads wait for futexes: buckets of waiters, each with a lock, and the way to sleep and to be woken. Shared by futex.cc
// and priority_futex.cc.
#pragma once

#include "enclave/errno.h"
#include "enclave/lock.h"
#include "enclave/thread/futex.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

struct FutexBucket {
  SpinLock lock;
  FutexWaiter* first = nullptr;
  FutexWaiter* last = nullptr;
  u64 tickets = 0;

  void append(FutexWaiter& waiter);
  void remove(FutexWaiter& waiter);
};

inline constexpr u32 kFutexBuckets = 256;
u32 futex_bucket_of(u64 address);
FutexBucket& futex_bucket(u32 index);

inline ThreadBlock& thread_of(const FutexWaiter& waiter) { return thread_block(waiter.thread); }

/// Puts a waiter of the calling thread's into the bucket, whose lock is held.
void enqueue_futex_waiter(FutexWaiter& waiter, u32 bucket, u64 address, u32 bitset, FutexWaiter::Kind kind);

/// Sleeps until the enqueued waiter is woken. ETIMEDOUT, or restart for a signal; then it is on no queue any more.
Outcome<> sleep_enqueued(ThreadBlock& thread, u64 deadline, Eagerness eagerness = Eagerness::prompt);

/// Threads taken off a queue under its lock, to be woken after it.
class FutexWakes {
 public:
  static constexpr u32 kMost = 64;
  bool full() const { return count_ == kMost; }
  void add(FutexWaiter& waiter);
  void send();

 private:
  std::array<u32, kMost> threads_;
  u32 count_ = 0;
};

}  // namespace sgxx::enclave
