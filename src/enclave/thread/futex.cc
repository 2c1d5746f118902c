// SPDX-License-Identifier: Apache-2.0
#include "enclave/thread/futex.h"

#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/signal/signals.h"
#include "enclave/thread/futex_queue.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

using Kind = FutexWaiter::Kind;

constinit FutexBucket buckets[kFutexBuckets];

/// Takes the waiter off whatever queue it is on; false when somebody woke it first.
bool withdraw(FutexWaiter& waiter) {
  for (;;) {
    const u32 index = __atomic_load_n(&waiter.bucket, __ATOMIC_SEQ_CST);
    Guard guard(buckets[index].lock);
    if (waiter.bucket != index) continue;
    if (waiter.queued.load() == 0) return false;
    buckets[index].remove(waiter);
    return true;
  }
}

// Leaving the enclave and sleeping costs the sleeper and the waker a transition each, so a waiter first looks for a while: as
// long as looking has been worth it lately, and only while there is a processor for every thread that is awake.
constexpr u32 kMostPauses = 256, kFewestPauses = 4, kTryAgainAfter = 64;
constexpr u32 kPausesAtLeisure = 128;  // between two looks: some 6 us, as long as a wake-up takes outside
std::atomic<u32> sleepers;

template <class Done>
bool look_for_a_while(ThreadBlock& thread, Eagerness eagerness, Done done) {
  if (live_thread_count() > program_cpu_count() + sleepers.load(std::memory_order_relaxed)) return false;
  if (thread.spin_budget == 0) thread.spin_budget = kMostPauses;
  const u32 pauses = eagerness == Eagerness::prompt ? 1 : kPausesAtLeisure;
  for (u32 i = 1; i <= thread.spin_budget; ++i) {
    if (i % pauses == 0 && done()) {
      thread.spin_budget = kMostPauses;
      return true;
    }
    asm volatile("pause");
  }
  const bool again = ++thread.spin_failures % kTryAgainAfter == 0;
  const u32 less = thread.spin_budget / 2;
  thread.spin_budget = again ? kMostPauses : (less < kFewestPauses ? kFewestPauses : less);
  return false;
}

enum class Signals : bool { end_it, wait };

/// One sleep in the host, unless `done` already holds.
template <class Done>
void sleep_once(ThreadBlock& thread, u64 deadline, Done done, Signals signals = Signals::end_it) {
  thread.waiting.store(1);
  sleepers.fetch_add(1, std::memory_order_relaxed);
  if (!done() && (signals == Signals::wait || !has_deliverable_signal(thread))) host::wait(deadline);
  sleepers.fetch_sub(1, std::memory_order_relaxed);
  thread.waiting.store(0);
}

/// EAGAIN when the word at `address` differs, EINVAL, EFAULT.
Outcome<> enqueue_if(FutexWaiter& waiter, u64 address, u32 expected, u32 bitset) {
  if (!is_aligned(address, 4)) return fail(Errno::inval);
  TRY(check_readable(address, 4));
  const u32 index = futex_bucket_of(address);
  Guard guard(buckets[index].lock);
  u32 value = 0;
  if (load_program_word(reinterpret_cast<const void*>(address), &value) != 0) return fail(Errno::fault);
  if (value != expected) return fail(Errno::again);
  enqueue_futex_waiter(waiter, index, address, bitset, Kind::ordinary);
  return {};
}

/// Sleeps until `is_woken`: ETIMEDOUT, or restart when a signal came.
template <class IsWoken>
Outcome<> sleep_while_not(IsWoken is_woken, u64 deadline, Eagerness eagerness = Eagerness::prompt) {
  ThreadBlock& thread = current();
  for (;;) {
    if (is_woken()) return {};
    if (has_deliverable_signal(thread)) return fail(Errno::restart);
    if (deadline != kForever && monotonic_now() >= deadline) return fail(Errno::timedout);
    if (!look_for_a_while(thread, eagerness, is_woken)) sleep_once(thread, deadline, is_woken);
  }
}

/// The waiters of one thread that sleeps on several words.
class FutexSet {
 public:
  static Outcome<FutexSet> make(u64 most) { return FutexSet(TRY(allocate(most * sizeof(FutexWaiter))), most); }
  FutexSet(FutexSet&& other) noexcept : waiters_(std::exchange(other.waiters_, nullptr)), most_(other.most_) {}
  FutexSet& operator=(FutexSet&&) = delete;
  ~FutexSet() {
    if (waiters_ != nullptr) release_memory(waiters_, most_ * sizeof(FutexWaiter));
  }

  Outcome<> enqueue(const FutexExpectation& item) {
    TRY(enqueue_if(*new (&waiters_[count_]) FutexWaiter{}, item.address, item.expected, ~u32{0}));
    ++count_;
    return {};
  }
  bool any_woken() const {
    for (u64 i = 0; i < count_; ++i)
      if (waiters_[i].woken.load() != 0) return true;
    return false;
  }
  /// Takes all off their queues; the last one that was woken, or `count`.
  u64 withdraw_all(u64 count) {
    u64 woken = count;
    for (u64 i = 0; i < count_; ++i)
      if (!withdraw(waiters_[i])) woken = i;
    return woken;
  }

 private:
  FutexSet(void* memory, u64 most) : waiters_(static_cast<FutexWaiter*>(memory)), most_(most) {}
  FutexWaiter* waiters_;
  u64 most_, count_ = 0;
};

/// Wakes from one bucket those that came up to `newest`; the lock is held. Returns how many were taken.
u32 take_matching(FutexBucket& bucket, u64 address, u32 count, u32 bitset, u64 newest, FutexWakes& wakes) {
  u32 taken = 0;
  for (FutexWaiter* waiter = bucket.first; waiter != nullptr && taken < count && waiter->ticket <= newest && !wakes.full();) {
    FutexWaiter* const next = waiter->next;
    if (waiter->address == address && (waiter->bitset & bitset) != 0 && waiter->kind == Kind::ordinary) {
      bucket.remove(*waiter);
      wakes.add(*waiter);
      ++taken;
    }
    waiter = next;
  }
  return taken;
}

}  // namespace

void FutexBucket::append(FutexWaiter& waiter) {
  waiter.ticket = ++tickets;
  waiter.next = nullptr;
  waiter.previous = last;
  (last == nullptr ? first : last->next) = &waiter;
  last = &waiter;
  waiter.queued.store(1);
}

void FutexBucket::remove(FutexWaiter& waiter) {
  (waiter.previous == nullptr ? first : waiter.previous->next) = waiter.next;
  (waiter.next == nullptr ? last : waiter.next->previous) = waiter.previous;
  waiter.queued.store(0);
}

u32 futex_bucket_of(u64 address) { return static_cast<u32>((address >> 2) * 0x9e3779b97f4a7c15 >> 56); }
static_assert(kFutexBuckets == 256);
FutexBucket& futex_bucket(u32 index) { return buckets[index]; }

void FutexWakes::add(FutexWaiter& waiter) {
  threads_[count_++] = thread_of(waiter).index;
  waiter.woken.store(1);  // from here on the waiter may be gone
}

void FutexWakes::send() {
  for (u32 i = 0; i < count_; ++i) {
    // A thread that has not gone to sleep yet sees `woken` first.
    if (thread_block(threads_[i]).waiting.load() != 0) host::wake(threads_[i]);
  }
  count_ = 0;
}

void enqueue_futex_waiter(FutexWaiter& waiter, u32 bucket, u64 address, u32 bitset, Kind kind) {
  waiter.thread = current().index;
  waiter.address = address;
  waiter.bitset = bitset;
  waiter.bucket = bucket;
  waiter.kind = kind;
  waiter.woken.store(0);
  buckets[bucket].append(waiter);
}

Outcome<> sleep_enqueued(ThreadBlock& thread, u64 deadline, Eagerness eagerness) {
  Outcome<> ended = sleep_while_not([&thread] { return thread.waiter.woken.load() != 0; }, deadline, eagerness);
  if (!ended.ok() && !withdraw(thread.waiter)) return {};
  return ended;
}

Outcome<> futex_wait(u64 address, u32 expected, u32 bitset, u64 deadline, Eagerness eagerness) {
  if (bitset == 0) return fail(Errno::inval);
  ThreadBlock& thread = current();
  TRY(enqueue_if(thread.waiter, address, expected, bitset));
  Outcome<> ended = sleep_enqueued(thread, deadline, eagerness);
  // Linux starts a wait with a time limit again only when no handler ran.
  if (!ended.ok() && ended.error() == Errno::restart && deadline != kForever) return fail(Errno::restart_unhandled);
  return ended;
}

Outcome<u64> futex_wait_any(const FutexExpectation* items, u64 count, u64 deadline) {
  FutexSet set = TRY(FutexSet::make(count));
  Outcome<> ended;
  for (u64 i = 0; i < count && ended.ok(); ++i) ended = set.enqueue(items[i]);
  if (ended.ok()) ended = sleep_while_not([&set] { return set.any_woken(); }, deadline);
  const u64 woken = set.withdraw_all(count);
  if (woken != count) return woken;
  return fail(ended.error());
}

u64 futex_wake(u64 address, u32 count, u32 bitset) {
  FutexBucket& bucket = buckets[futex_bucket_of(address)];
  u64 total = 0;
  // Those that wait again before the last one has been woken came too late: they would keep us here for ever.
  u64 newest = 0;
  for (;;) {
    FutexWakes wakes;
    u32 taken = 0;
    {
      Guard guard(bucket.lock);
      if (newest == 0) newest = bucket.tickets;
      taken = take_matching(bucket, address, static_cast<u32>(count - total), bitset, newest, wakes);
    }
    const bool more = wakes.full();
    wakes.send();
    total += taken;
    if (!more || total == count) return total;
  }
}

Outcome<u64> futex_requeue(u64 address, u64 target, u32 wake_count, u32 move_count, const u32* expected) {
  if (!is_aligned(address | target, 4)) return fail(Errno::inval);
  TRY(check_readable(address, 4));
  TRY(check_readable(target, 4));
  const u32 from = futex_bucket_of(address);
  const u32 to = futex_bucket_of(target);
  FutexBucket& first = buckets[from < to ? from : to];
  FutexBucket& second = buckets[from < to ? to : from];
  FutexWakes wakes;
  u64 total = 0;
  bool differs = false, more = false;
  first.lock.lock();
  if (&first != &second) second.lock.lock();
  u32 value = 0;
  const bool faulted = expected != nullptr && load_program_word(reinterpret_cast<const void*>(address), &value) != 0;
  differs = expected != nullptr && !faulted && value != *expected;
  if (!faulted && !differs) {
    total = take_matching(buckets[from], address, wake_count, ~u32{0}, ~u64{0}, wakes);
    more = wakes.full() && total < wake_count;
    u32 moved = 0;
    for (FutexWaiter* waiter = buckets[from].first; waiter != nullptr && moved < move_count && !more;) {
      FutexWaiter* const next = waiter->next;
      if (waiter->address == address && waiter->kind == Kind::ordinary) {
        if (from != to) {
          buckets[from].remove(*waiter);
          waiter->bucket = to;
          buckets[to].append(*waiter);
        }
        waiter->address = target;
        ++moved;
      }
      waiter = next;
    }
    total += moved;
  }
  if (&first != &second) second.lock.unlock();
  first.lock.unlock();
  wakes.send();
  if (faulted) return fail(Errno::fault);
  if (differs) return fail(Errno::again);
  if (more) return total + TRY(futex_requeue(address, target, wake_count - static_cast<u32>(total), move_count, nullptr));
  return total;
}

Outcome<u64> futex_wake_op(u64 address, u64 target, u32 wake_count, u32 wake_count2, u32 operation) {
  if (!is_aligned(address | target, 4)) return fail(Errno::inval);
  TRY(check_readable(address, 4));
  TRY(check_writable(target, 4));
  const auto sign_extend12 = [](u32 value) { return static_cast<i32>(value << 20) >> 20; };
  const u32 op = operation >> 28 & 7;
  const u32 compare = operation >> 24 & 15;
  i32 op_argument = sign_extend12(operation >> 12 & 0xfff);
  const i32 compare_argument = sign_extend12(operation & 0xfff);
  if ((operation >> 31) != 0) op_argument = static_cast<i32>(1u << (static_cast<u32>(op_argument) & 31));
  u32 old = 0;
  if (load_program_word(reinterpret_cast<const void*>(target), &old) != 0) return fail(Errno::fault);
  for (;;) {
    const u32 argument = static_cast<u32>(op_argument);
    u32 desired = 0;
    switch (op) {
      case 0: desired = argument; break;
      case 1: desired = old + argument; break;
      case 2: desired = old | argument; break;
      case 3: desired = old & ~argument; break;
      case 4: desired = old ^ argument; break;
      default: return fail(Errno::nosys);
    }
    u32 seen = 0;
    if (exchange_program_word(reinterpret_cast<void*>(target), old, desired, &seen) != 0) return fail(Errno::fault);
    if (seen == old) break;
    old = seen;
  }
  u64 total = futex_wake(address, wake_count, ~u32{0});
  const i32 value = static_cast<i32>(old);
  bool holds = false;
  switch (compare) {
    case 0: holds = value == compare_argument; break;
    case 1: holds = value != compare_argument; break;
    case 2: holds = value < compare_argument; break;
    case 3: holds = value <= compare_argument; break;
    case 4: holds = value > compare_argument; break;
    case 5: holds = value >= compare_argument; break;
    default: return fail(Errno::nosys);
  }
  if (holds) total += futex_wake(target, wake_count2, ~u32{0});
  return total;
}

Outcome<> sleep_on(const std::atomic<u32>& woken, u64 deadline) {
  return sleep_while_not([&woken] { return woken.load() != 0; }, deadline);
}

void sleep_through(const std::atomic<u32>& woken) {
  ThreadBlock& thread = current();
  const auto is_woken = [&woken] { return woken.load() != 0; };
  while (!is_woken()) {
    if (!look_for_a_while(thread, Eagerness::prompt, is_woken)) sleep_once(thread, kForever, is_woken, Signals::wait);
  }
}

Outcome<> sleep_until(u64 deadline) {
  ThreadBlock& thread = current();
  for (;;) {
    if (has_deliverable_signal(thread)) return fail(Errno::restart);
    if (deadline != kForever && monotonic_now() >= deadline) return fail(Errno::timedout);
    sleep_once(thread, deadline, [] { return false; });
  }
}

}  // namespace sgxx::enclave
