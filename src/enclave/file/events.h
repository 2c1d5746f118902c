// SPDX-License-Identifier: Apache-2.0
//
// Waiting for something to happen to files. A file of the enclave's own has a list of waiters; whoever changes the file notifies
// them. A waiter is a thread (a blocked read, poll) or an epoll's interest in the file. One lock guards all lists: they are
// short, and what happens under it is a few stores. Host calls that wake threads are made after it is released.
//
// Lost wake-ups are ruled out by order: a waiter registers first, then looks at the file, then sleeps; a sleeper that was
// notified in between does not go to sleep (thread/futex.h).
#pragma once

#include <atomic>

#include "enclave/file/open_file.h"
#include "enclave/lock.h"
#include "enclave/signal/signals.h"
#include "enclave/thread/futex.h"

namespace sgxx::enclave {

/// The threads to wake once every lock has been released: declare it before the guards. It sends when it goes.
class Wakes {
 public:
  Wakes() = default;
  Wakes(const Wakes&) = delete;
  Wakes& operator=(const Wakes&) = delete;
  ~Wakes() { send(); }
  /// When there are too many to remember, those so far are woken at once.
  void add(u32 thread) {
    if (count_ == threads_.size()) send();
    threads_[count_++] = thread;
  }

 private:
  void send();
  std::array<u32, 16> threads_;
  u32 count_ = 0;
};

struct Waiter {
  using Notify = void (*)(Waiter& waiter, Wakes& wakes);  // called with the event lock held
  explicit Waiter(Notify function) : notify(function) {}
  Waiter* next = nullptr;
  Waiter* previous = nullptr;
  OpenFile* file = nullptr;  // that it waits for; nullptr: none
  Notify notify;
};

extern constinit SpinLock event_lock;

/// Link and unlink; the event lock is held.
void add_waiter(OpenFile& file, Waiter& waiter);
void remove_waiter(Waiter& waiter);
/// `file` ends: the epolls that look at it forget it.
void forget_waiters(OpenFile& file);
/// Something happened to `file`: its state is another one, or new data came.
void notify(OpenFile& file, Wakes& wakes);
/// The same with the event lock held.
void notify_locked(OpenFile& file, Wakes& wakes);

/// A thread that waits, for as many files as it has ThreadWaiters.
class Waking {
 public:
  /// To be called before looking at the files.
  void reset() { woken_.store(0); }
  void set() { woken_.store(1); }
  u32 thread() const { return thread_; }
  const std::atomic<u32>& woken() const { return woken_; }

 private:
  std::atomic<u32> woken_{0};
  u32 thread_ = current().index;
};

class ThreadWaiter : public Waiter {
 public:
  explicit ThreadWaiter(Waking& waking) : Waiter(&ThreadWaiter::on_event), waking_(waking) {}
  ThreadWaiter(OpenFile& to_watch, Waking& waking) : ThreadWaiter(waking) { watch(to_watch); }
  ~ThreadWaiter();
  void watch(OpenFile& to_watch);

 private:
  static void on_event(Waiter& waiter, Wakes& wakes);
  Waking& waking_;
};

/// Calls `attempt` until it answers other than EAGAIN, sleeping in between until `file` is notified. EAGAIN when `file` is
/// non-blocking or the deadline has passed, restart when a signal came.
template <class Attempt>
auto block_on(OpenFile& file, u64 deadline, Attempt attempt) -> decltype(attempt()) {
  auto first = attempt();
  if (first.ok() || first.error() != Errno::again || file.is_nonblocking()) return first;
  Waking waking;
  const ThreadWaiter waiter(file, waking);
  for (;;) {
    waking.reset();
    auto outcome = attempt();
    if (outcome.ok() || outcome.error() != Errno::again) return outcome;
    const Outcome<> slept = sleep_on(waking.woken(), deadline);
    if (!slept.ok()) return fail(slept.error() == Errno::timedout ? Errno::again : slept.error());
  }
}

/// One file that `poll_files` looks at.
struct PollItem {
  OpenFile* file = nullptr;  // nullptr: none; the caller keeps a reference
  u32 events = 0;            // asked for; error and hang-up always are
  u32 ready = 0;             // the answer
};

/// Waits until at least one item is ready, the deadline (CLOCK_MONOTONIC ns) or a signal
/// (restart_unhandled). How many are.
Outcome<u64> poll_files(PollItem* items, u64 count, u64 deadline);

/// Nanoseconds from now to a deadline of CLOCK_MONOTONIC, as host calls take them: 0 when it has passed, -1 for kForever.
i64 timeout_until(u64 deadline);

}  // namespace sgxx::enclave
