// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/events.h"

#include "enclave/file/kinds.h"
#include "enclave/host_call.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/time.h"

namespace sgxx::enclave {

constinit SpinLock event_lock;

void Wakes::send() {
  for (u32 i = 0; i < count_; ++i) {
    // A thread that has not gone to sleep yet sees that it was notified.
    if (thread_block(threads_[i]).waiting.load() != 0) host::wake(threads_[i]);
  }
  count_ = 0;
}

void add_waiter(OpenFile& file, Waiter& waiter) {
  waiter.file = &file;
  waiter.previous = nullptr;
  waiter.next = file.waiters;
  if (waiter.next != nullptr) waiter.next->previous = &waiter;
  file.waiters = &waiter;
}

void remove_waiter(Waiter& waiter) {
  if (waiter.file == nullptr) return;
  (waiter.previous == nullptr ? waiter.file->waiters : waiter.previous->next) = waiter.next;
  if (waiter.next != nullptr) waiter.next->previous = waiter.previous;
  waiter.file = nullptr;
}

void notify_locked(OpenFile& file, Wakes& wakes) {
  for (Waiter* waiter = file.waiters; waiter != nullptr; waiter = waiter->next) waiter->notify(*waiter, wakes);
}

void notify(OpenFile& file, Wakes& wakes) {
  Guard guard(event_lock);
  notify_locked(file, wakes);
}

ThreadWaiter::~ThreadWaiter() {
  Guard guard(event_lock);
  remove_waiter(*this);
}

void ThreadWaiter::watch(OpenFile& to_watch) {
  Guard guard(event_lock);
  add_waiter(to_watch, *this);
}

void ThreadWaiter::on_event(Waiter& waiter, Wakes& wakes) {
  Waking& waking = static_cast<ThreadWaiter&>(waiter).waking_;
  waking.set();
  wakes.add(waking.thread());
}

i64 timeout_until(u64 deadline) {
  if (deadline == kForever) return -1;
  const u64 now = deadline == 0 ? 0 : monotonic_now();
  return deadline > now ? static_cast<i64>(deadline - now) : 0;
}

namespace {

u32 handle_of(OpenFile& file) {
  return visit(file, [](auto& kind) { return kind.handle(); });
}

/// What the enclave itself knows to be ready.
u64 look(PollItem* items, u64 count) {
  u64 ready = 0;
  for (u64 i = 0; i < count; ++i) {
    PollItem& item = items[i];
    item.ready = 0;
    if (item.file == nullptr) continue;
    const u32 now = visit(*item.file, [](auto& kind) { return kind.ready(); });
    item.ready = now & (item.events | poll_event::always);
    if (item.ready != 0) ++ready;
  }
  return ready;
}

/// When one of the items changes by itself, at the earliest.
u64 next_event(PollItem* items, u64 count) {
  u64 earliest = kForever;
  for (u64 i = 0; i < count; ++i) {
    if (items[i].file == nullptr) continue;
    const u64 next = visit(*items[i].file, [](auto& kind) { return kind.next_event(); });
    if (next < earliest) earliest = next;
  }
  return earliest;
}

/// Asks the host about those that are its own, `handles` of them. How many became ready by that.
Outcome<u64> look_at_host(PollItem* items, u64 count, abi::PollEntry* entries, u64 handles, i64 timeout) {
  u64 at = 0;
  for (u64 i = 0; i < count; ++i) {
    if (items[i].file == nullptr) continue;
    const u32 handle = handle_of(*items[i].file);
    if (handle != OpenFile::kNoHandle) entries[at++] = {handle, static_cast<u16>(items[i].events), 0};
  }
  TRY(host::poll(entries, handles, timeout));
  u64 ready = 0;
  at = 0;
  for (u64 i = 0; i < count; ++i) {
    if (items[i].file == nullptr || handle_of(*items[i].file) == OpenFile::kNoHandle) continue;
    const u32 now = entries[at++].ready & (items[i].events | poll_event::always);
    if (now != 0 && items[i].ready == 0) ++ready;
    items[i].ready |= now;
  }
  return ready;
}

/// Watches over the items while a thread polls.
class Watches {
 public:
  static Outcome<Watches> over(PollItem* items, u64 count, Waking& waking) {
    Watches watches(count);
    watches.waiters_ = static_cast<ThreadWaiter*>(TRY(allocate(count * sizeof(ThreadWaiter))));
    for (u64 i = 0; i < count; ++i) {
      auto* const waiter = new (&watches.waiters_[i]) ThreadWaiter(waking);
      if (items[i].file != nullptr) waiter->watch(*items[i].file);
    }
    return watches;
  }
  Watches(Watches&& other) noexcept : waiters_(std::exchange(other.waiters_, nullptr)), count_(other.count_) {}
  ~Watches() {
    if (waiters_ == nullptr) return;
    for (u64 i = 0; i < count_; ++i) waiters_[i].~ThreadWaiter();
    release_memory(waiters_, count_ * sizeof(ThreadWaiter));
  }

 private:
  explicit Watches(u64 count) : count_(count) {}
  ThreadWaiter* waiters_ = nullptr;
  u64 count_;
};

/// Space for the entries of a host poll; none when there are no handles.
class PollEntries {
 public:
  static Outcome<PollEntries> for_handles(u64 count) {
    PollEntries entries(count);
    if (count != 0) entries.data_ = static_cast<abi::PollEntry*>(TRY(allocate(count * sizeof(abi::PollEntry))));
    return entries;
  }
  PollEntries(PollEntries&& other) noexcept : data_(std::exchange(other.data_, nullptr)), count_(other.count_) {}
  ~PollEntries() {
    if (data_ != nullptr) release_memory(data_, count_ * sizeof(abi::PollEntry));
  }
  abi::PollEntry* data() const { return data_; }

 private:
  explicit PollEntries(u64 count) : count_(count) {}
  abi::PollEntry* data_ = nullptr;
  u64 count_;
};

}  // namespace

Outcome<u64> poll_files(PollItem* items, u64 count, u64 deadline) {
  u64 handles = 0;
  for (u64 i = 0; i < count; ++i) {
    if (items[i].file != nullptr && handle_of(*items[i].file) != OpenFile::kNoHandle) ++handles;
  }
  if (handles > abi::kMostPollEntries) return fail(Errno::inval);
  const PollEntries entries = TRY(PollEntries::for_handles(handles));
  u64 ready = look(items, count);
  if (ready != 0 || deadline == 0) {
    if (handles != 0) ready += TRY(look_at_host(items, count, entries.data(), handles, 0));
    return ready;
  }
  Waking waking;
  const Watches watches = TRY(Watches::over(items, count, waking));
  ThreadBlock& thread = current();
  for (;;) {
    waking.reset();
    const u64 event = next_event(items, count);  // before looking: one that is just over is seen
    ready = look(items, count);
    const u64 until = event < deadline ? event : deadline;
    const i64 timeout = ready != 0 ? 0 : timeout_until(until);
    if (handles != 0) {
      thread.waiting.store(1);
      const bool stay = waking.woken().load() == 0 && !has_deliverable_signal(thread);
      auto from_host = look_at_host(items, count, entries.data(), handles, stay ? timeout : 0);
      thread.waiting.store(0);
      if (from_host.ok()) ready += *from_host;
      if (!from_host.ok() && from_host.error() != Errno::intr) return from_host;
    } else if (ready == 0 && timeout != 0) {
      const Outcome<> slept = sleep_on(waking.woken(), until);
      if (slept.ok()) continue;
    }
    if (ready != 0) return ready;
    if (has_deliverable_signal(thread)) return fail(Errno::restart_unhandled);
    if (timeout_until(deadline) == 0) return u64{0};
  }
}

}  // namespace sgxx::enclave
