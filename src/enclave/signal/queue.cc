// SPDX-License-Identifier: Apache-2.0
#include "enclave/signal/queue.h"

#include "enclave/lock.h"

namespace sgxx::enclave {
namespace {

// Held by a thread in the runtime, or by the exception handler for a thread that was interrupted in the program: never by both.
constinit SpinLock lock;
constinit PendingSignals process{};
constinit QueuedSignal pool[kMostQueuedSignals]{};
QueuedSignal* released;
u32 used;

QueuedSignal* allocate() {
  if (released != nullptr) {
    QueuedSignal* const entry = released;
    released = entry->next;
    return entry;
  }
  return used < kMostQueuedSignals ? &pool[used++] : nullptr;
}

void release(QueuedSignal* entry) {
  entry->next = released;
  released = entry;
}

/// Unlinks the entry behind `previous` (nullptr: the first one).
QueuedSignal* unlink(PendingSignals& pending, QueuedSignal* previous) {
  QueuedSignal*& link = previous == nullptr ? pending.first : previous->next;
  QueuedSignal* const entry = link;
  link = entry->next;
  if (pending.last == entry) pending.last = previous;
  return entry;
}

u32 lowest(u64 set) { return static_cast<u32>(__builtin_ctzll(set)) + 1; }

}  // namespace

PendingSignals& process_signals() { return process; }

Outcome<> queue_signal(PendingSignals& pending, i32 owner, u32 number, const SignalDetail& detail) {
  const bool needs_detail = number >= sig::first_realtime && detail.code != si::user && detail.code != si::kernel;
  Guard guard(lock);
  if (pending.owner.load() != owner) return fail(Errno::srch);
  if (number < sig::first_realtime && (pending.set.load() & sig::bit(number)) != 0) return {};
  QueuedSignal* const entry = allocate();
  if (entry == nullptr && needs_detail) return fail(Errno::again);
  if (entry != nullptr) {
    *entry = {nullptr, detail, number};
    (pending.last == nullptr ? pending.first : pending.last->next) = entry;
    pending.last = entry;
  }
  pending.set.fetch_or(sig::bit(number));
  return {};
}

TakenSignal unqueue_signal(PendingSignals& pending, u64 wanted) {
  if ((pending.set.load() & wanted) == 0) return {};
  Guard guard(lock);
  const u64 set = pending.set.load() & wanted;
  if (set == 0) return {};
  const u64 urgent = set & sig::synchronous;
  TakenSignal taken{lowest(urgent != 0 ? urgent : set), {}};
  bool more = false, found = false;
  QueuedSignal* previous = nullptr;
  for (QueuedSignal* entry = pending.first; entry != nullptr && !more;) {
    QueuedSignal* const next = entry->next;
    if (entry->number == taken.number && !found) {
      taken.detail = entry->detail;
      release(unlink(pending, previous));
      found = true;
    } else {
      more = entry->number == taken.number;
      previous = entry;
    }
    entry = next;
  }
  if (!more) pending.set.fetch_and(~sig::bit(taken.number));
  return taken;
}

namespace {

void discard(PendingSignals& pending, u64 set) {
  QueuedSignal* previous = nullptr;
  for (QueuedSignal* entry = pending.first; entry != nullptr;) {
    QueuedSignal* const next = entry->next;
    if ((sig::bit(entry->number) & set) != 0) {
      release(unlink(pending, previous));
    } else {
      previous = entry;
    }
    entry = next;
  }
  pending.set.fetch_and(~set);
}

}  // namespace

void discard_signals(PendingSignals& pending, u64 set) {
  if ((pending.set.load() & set) == 0) return;
  Guard guard(lock);
  discard(pending, set);
}

void open_signals(PendingSignals& pending, i32 owner) {
  Guard guard(lock);
  pending.owner.store(owner);
}

void close_signals(PendingSignals& pending) {
  Guard guard(lock);
  discard(pending, ~u64{0});
  pending.owner.store(0);
}

}  // namespace sgxx::enclave
