// SPDX-License-Identifier: Apache-2.0
#include "enclave/thread/priority_futex.h"

#include "enclave/entry.h"
#include "enclave/program_memory.h"
#include "enclave/thread/futex.h"
#include "enclave/thread/futex_queue.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

using namespace futex_word;

// Threads that wait, or have begun to look whether they must: an owner that ends looks for them after it can't be found any more.
constinit std::atomic<u32> waiting_threads;
struct Waiting {
  Waiting() { waiting_threads.fetch_add(1); }
  ~Waiting() { waiting_threads.fetch_sub(1); }
};

Outcome<u32> load_word(u64 address) {
  u32 word = 0;
  if (load_program_word(reinterpret_cast<const void*>(address), &word) != 0) return fail(Errno::fault);
  return word;
}

/// Whether the word held `expected` and now holds `desired`.
Outcome<bool> exchange_word(u64 address, u32 expected, u32 desired) {
  u32 seen = 0;
  if (exchange_program_word(reinterpret_cast<void*>(address), expected, desired, &seen) != 0) return fail(Errno::fault);
  return seen == expected;
}

FutexWaiter* first_waiter(const FutexBucket& bucket, u64 address) {
  FutexWaiter* waiter = bucket.first;
  while (waiter != nullptr && (waiter->address != address || waiter->kind != FutexWaiter::Kind::priority)) waiter = waiter->next;
  return waiter;
}

FutexWaiter* next_waiter(FutexWaiter* waiter) {
  const u64 address = waiter->address;
  do {
    waiter = waiter->next;
  } while (waiter != nullptr && (waiter->address != address || waiter->kind != FutexWaiter::Kind::priority));
  return waiter;
}

Outcome<> check_word(u64 address) {
  if (!is_aligned(address, 4)) return fail(Errno::inval);
  return check_writable(address, 4);
}

/// Takes a free lock: true. Someone else's: false, and the word says that somebody waits if `wait` is set. The bucket is locked.
Outcome<bool> take_or_mark(const FutexBucket& bucket, u64 address, u32 tid, bool wait) {
  for (;;) {
    const u32 word = TRY(load_word(address));
    const u32 owner = word & tid_mask;
    if (owner == tid) return fail(Errno::deadlk);
    if (owner == 0) {
      const u32 mine = tid | (word & owner_died) | (first_waiter(bucket, address) != nullptr ? waiters : 0);
      if (TRY(exchange_word(address, word, mine))) return true;
      continue;
    }
    if (!wait) return false;
    if (!is_thread(static_cast<i32>(owner))) return fail(Errno::srch);
    if ((word & waiters) != 0 || TRY(exchange_word(address, word, word | waiters))) return false;
  }
}

/// Gives the lock of `owner` to whoever waits for it, or frees it. The bucket is locked. False when it is not the owner's.
Outcome<bool> hand_over(FutexBucket& bucket, u64 address, u32 owner, u32 died, FutexWakes& wakes) {
  for (;;) {
    const u32 word = TRY(load_word(address));
    if ((word & tid_mask) != owner) return false;
    FutexWaiter* const next = first_waiter(bucket, address);
    u32 desired = died;
    if (next != nullptr) {
      desired |= static_cast<u32>(thread_of(*next).tid) | (next_waiter(next) != nullptr ? waiters : 0);
    }
    if (!TRY(exchange_word(address, word, desired))) continue;
    if (next != nullptr) {
      bucket.remove(*next);
      wakes.add(*next);
    }
    return true;
  }
}

}  // namespace

Outcome<> priority_futex_lock(u64 address, u64 deadline) {
  TRY(check_word(address));
  ThreadBlock& thread = current();
  const Waiting counted;
  const u32 index = futex_bucket_of(address);
  {
    Guard guard(futex_bucket(index).lock);
    if (TRY(take_or_mark(futex_bucket(index), address, static_cast<u32>(thread.tid), true))) return {};
    enqueue_futex_waiter(thread.waiter, index, address, ~u32{0}, FutexWaiter::Kind::priority);
  }
  Outcome<> ended = sleep_enqueued(thread, deadline);
  // Woken means that the word has our number. A lock is never given up half way: after a signal it starts again.
  if (!ended.ok() && ended.error() == Errno::restart) return fail(Errno::restart_always);
  return ended;
}

Outcome<> priority_futex_try_lock(u64 address) {
  TRY(check_word(address));
  FutexBucket& bucket = futex_bucket(futex_bucket_of(address));
  Guard guard(bucket.lock);
  if (!TRY(take_or_mark(bucket, address, static_cast<u32>(current().tid), false))) return fail(Errno::again);
  return {};
}

Outcome<> priority_futex_unlock(u64 address) {
  TRY(check_word(address));
  FutexBucket& bucket = futex_bucket(futex_bucket_of(address));
  FutexWakes wakes;
  Outcome<bool> done(false);
  {
    Guard guard(bucket.lock);
    done = hand_over(bucket, address, static_cast<u32>(current().tid), 0, wakes);
  }
  wakes.send();
  if (!done.ok()) return fail(done.error());
  if (!*done) return fail(Errno::perm);
  return {};
}

void priority_futex_owner_died(u64 address, i32 tid) {
  if (!check_word(address).ok()) return;
  FutexBucket& bucket = futex_bucket(futex_bucket_of(address));
  FutexWakes wakes;
  {
    Guard guard(bucket.lock);
    (void)hand_over(bucket, address, static_cast<u32>(tid), owner_died, wakes);
  }
  wakes.send();
}

void priority_futexes_owner_died(i32 tid) {
  for (u32 i = 0; i < kFutexBuckets && waiting_threads.load() != 0; ++i) {
    FutexBucket& bucket = futex_bucket(i);
    FutexWakes wakes;
    {
      Guard guard(bucket.lock);
      for (FutexWaiter* waiter = bucket.first; waiter != nullptr && !wakes.full();) {
        FutexWaiter* const next = waiter->next;
        if (waiter->kind == FutexWaiter::Kind::priority) {
          (void)hand_over(bucket, waiter->address, static_cast<u32>(tid), owner_died, wakes);
        }
        waiter = next;
      }
    }
    wakes.send();
  }
}

}  // namespace sgxx::enclave
