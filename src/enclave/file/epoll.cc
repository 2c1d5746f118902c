// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/epoll.h"

#include "enclave/file/kinds.h"
#include "enclave/host_call.h"
#include "enclave/host_handles.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kAdd = 1, kDelete = 2, kModify = 3;
constexpr u32 kEdgeTriggered = 1u << 31, kOneShot = 1u << 30, kExclusive = 1u << 28;
constexpr u32 kConditions = 0x3fff;  // those that may be reported
constexpr u32 kFirstSlots = 16;
constexpr u32 kNone = ~u32{0};
constexpr u32 kHostEventsAtOnce = 64;

u32 handle_of(OpenFile& file) {
  return visit(file, [](auto& kind) { return kind.handle(); });
}

bool is_timed(OpenFile& file) {
  return visit(file, [](auto& kind) { return kind.kTimed; });
}

}  // namespace

EpollInterest::EpollInterest(Epoll& owner, u32 descriptor_number)
    : Waiter(&Epoll::on_event), epoll(&owner), descriptor(descriptor_number) {}

/// The event lock is held: the interest goes to the ready queue, and who waits for the epoll wakes.
void Epoll::on_event(Waiter& waiter, Wakes& wakes) {
  auto& interest = static_cast<EpollInterest&>(waiter);
  if (interest.disabled) return;
  interest.epoll->note_next_event(interest);
  interest.epoll->enqueue(interest);
  notify_locked(*interest.epoll, wakes);
}

void forget_waiters(OpenFile& file) {
  if (file.waiters == nullptr) return;
  Guard guard(event_lock);
  // Nobody else uses the file any more, so only epolls can be left.
  while (file.waiters != nullptr) {
    auto& interest = static_cast<EpollInterest&>(*file.waiters);
    interest.epoll->remove(interest);
  }
}

Epoll::~Epoll() {
  {
    Guard guard(event_lock);
    for (u32 i = 0; i < slot_count_; ++i) {
      if (slots_[i].interest != nullptr) remove(*slots_[i].interest);
    }
  }
  if (handle_ != kNoHandle) close_handle(handle_);
  if (slots_ != nullptr) release_memory(slots_, slot_count_ * sizeof(Slot));
}

void Epoll::enqueue(EpollInterest& interest) {
  if (interest.queued) return;
  interest.queued = true;
  interest.next_ready = nullptr;
  (last_ready_ == nullptr ? first_ready_ : last_ready_->next_ready) = &interest;
  last_ready_ = &interest;
  ++queued_;
}

/// The event lock is held.
void Epoll::note_next_event(EpollInterest& interest) {
  interest.next_event = visit(*interest.file, [](auto& kind) { return kind.next_event(); });
  if (interest.next_event < earliest_.load()) earliest_.store(interest.next_event);
}

/// Interests in files whose time has come go to the ready queue.
void Epoll::enqueue_due() {
  if (timed_interests_ == 0) return;
  const u64 now = monotonic_now();
  if (now < earliest_.load()) return;
  Guard guard(event_lock);
  earliest_.store(kForever);
  for (u32 i = 0; i < slot_count_; ++i) {
    EpollInterest* const interest = slots_[i].interest;
    if (interest == nullptr || !is_timed(*interest->file)) continue;
    if (!interest->disabled && interest->next_event <= now) enqueue(*interest);
    note_next_event(*interest);
  }
}

void Epoll::remove(EpollInterest& interest) {
  if (interest.queued) {
    EpollInterest* before = nullptr;
    for (EpollInterest* at = first_ready_; at != &interest; at = at->next_ready) before = at;
    (before == nullptr ? first_ready_ : before->next_ready) = interest.next_ready;
    if (last_ready_ == &interest) last_ready_ = before;
    --queued_;
  }
  if (interest.handle != kNoHandle) --host_interests_;
  if (is_timed(*interest.file)) --timed_interests_;
  remove_waiter(interest);
  Slot& slot = slots_[interest.index];
  slot = {nullptr, slot.generation + 1, first_free_};
  first_free_ = interest.index;
  destroy(&interest);
}

EpollInterest* Epoll::find(OpenFile& file, u32 descriptor) const {
  for (Waiter* waiter = file.waiters; waiter != nullptr; waiter = waiter->next) {
    if (waiter->notify != &Epoll::on_event) continue;
    auto* const interest = static_cast<EpollInterest*>(waiter);
    if (interest->epoll == this && interest->descriptor == descriptor) return interest;
  }
  return nullptr;
}

EpollInterest* Epoll::interest_of(u64 token) const {
  const u32 index = static_cast<u32>(token);
  if (index >= slot_count_) return nullptr;
  asm volatile("lfence" ::: "memory");  // the token may be the host's
  return slots_[index].generation == token >> 32 ? slots_[index].interest : nullptr;
}

/// A free slot, the table grown if need be. The event lock is held.
Outcome<u32> Epoll::reserve_slot() {
  if (slot_count_ == 0 || first_free_ == kNone) {
    const u32 count = slot_count_ == 0 ? kFirstSlots : slot_count_ * 2;
    auto* const grown = static_cast<Slot*>(TRY(allocate(count * sizeof(Slot))));
    if (slot_count_ != 0) {
      memcpy(grown, slots_, slot_count_ * sizeof(Slot));
      release_memory(slots_, slot_count_ * sizeof(Slot));
    }
    for (u32 i = slot_count_; i < count; ++i) grown[i].next_free = i + 1 == count ? kNone : i + 1;
    first_free_ = slot_count_;
    slots_ = grown;
    slot_count_ = count;
  }
  return first_free_;
}

/// The host's epoll exists from the first interest in a file of the host's on.
Outcome<> Epoll::use_host() {
  Guard guard(event_lock);
  if (handle_ != kNoHandle) return {};
  const u32 handle = TRY(take_handle());
  Outcome<> created = host::epoll_create(handle);
  if (!created.ok()) {
    give_handle(handle);
    return created;
  }
  handle_ = handle;
  return {};
}

Outcome<> Epoll::add(OpenFile& file, u32 descriptor, EpollEvent event) {
  const u32 target = handle_of(file);
  if (target != kNoHandle) TRY(use_host());
  EpollInterest* const interest = TRY(create<EpollInterest>(*this, descriptor));
  interest->events = event.events;
  interest->data = event.data;
  Wakes wakes;
  Guard guard(event_lock);
  const auto slot = find(file, descriptor) != nullptr ? Outcome<u32>(fail(Errno::exist)) : reserve_slot();
  if (!slot.ok()) {
    destroy(interest);
    return fail(slot.error());
  }
  interest->index = *slot;
  if (target != kNoHandle) {
    Outcome<> added = host::epoll_control(handle_, kAdd, target, event.events, token_of(*slot));
    if (!added.ok()) {
      destroy(interest);
      return added;
    }
    interest->handle = target;
    ++host_interests_;
  }
  first_free_ = slots_[*slot].next_free;
  slots_[*slot].interest = interest;
  add_waiter(file, *interest);
  if (is_timed(file)) ++timed_interests_;
  note_next_event(*interest);
  enqueue(*interest);
  notify_locked(*this, wakes);
  return {};
}

Outcome<> Epoll::modify(EpollInterest& interest, EpollEvent event) {
  if (interest.handle != kNoHandle) {
    TRY(host::epoll_control(handle_, kModify, interest.handle, event.events, token_of(interest.index)));
  }
  interest.events = event.events;
  interest.data = event.data;
  interest.disabled = false;
  note_next_event(interest);
  enqueue(interest);
  return {};
}

Outcome<> Epoll::change(u32 operation, FileReference file, u32 descriptor, EpollEvent event) {
  if (file.get() == this) return fail(Errno::inval);
  if (operation == kAdd) {
    if (file->kind() == FileKind::epoll && static_cast<Epoll&>(*file).contains(*this)) return fail(Errno::loop);
    return add(*file, descriptor, event);
  }
  if (operation != kDelete && operation != kModify) return fail(Errno::inval);
  Wakes wakes;
  Guard guard(event_lock);
  EpollInterest* const interest = find(*file, descriptor);
  if (interest == nullptr) return fail(Errno::noent);
  if (operation == kModify) {
    if (((interest->events | event.events) & kExclusive) != 0) return fail(Errno::inval);
    TRY(modify(*interest, event));
    notify_locked(*this, wakes);
    return {};
  }
  if (interest->handle != kNoHandle) (void)host::epoll_control(handle_, kDelete, interest->handle, 0, 0);
  remove(*interest);
  return {};
}

/// Whether `file` is among the interests, however deep: an epoll may not wait for itself.
bool Epoll::contains(OpenFile& file) const {
  constexpr u32 kMostSlots = 1u << 20;
  for (u32 i = 0; i < slot_count_ && i < kMostSlots; ++i) {
    const EpollInterest* const interest = slots_[i].interest;
    if (interest == nullptr || interest->file->kind() != FileKind::epoll) continue;
    if (interest->file == &file || static_cast<Epoll*>(interest->file)->contains(file)) return true;
  }
  return false;
}

/// Takes the next interest off the ready queue.
bool Epoll::dequeue(Candidate& candidate) {
  Guard guard(event_lock);
  while (first_ready_ != nullptr) {
    EpollInterest& interest = *first_ready_;
    first_ready_ = interest.next_ready;
    if (first_ready_ == nullptr) last_ready_ = nullptr;
    interest.queued = false;
    --queued_;
    if (interest.disabled || !interest.file->try_acquire()) continue;
    candidate = {interest.file, token_of(interest.index), interest.events, interest.data};
    return true;
  }
  return false;
}

/// After a report: one-shots are silent until they are modified, level-triggered interests stay in the queue.
void Epoll::settle(u64 token, bool own) {
  Guard guard(event_lock);
  EpollInterest* const interest = interest_of(token);
  if (interest == nullptr) return;
  if ((interest->events & kOneShot) != 0) {
    interest->disabled = true;
  } else if (own && (interest->events & kEdgeTriggered) == 0) {
    enqueue(*interest);
  }
}

Outcome<> Epoll::report(u64 events, u64 index, u32 ready, u64 data) const {
  return store(events + index * sizeof(EpollEvent), EpollEvent{ready, data});
}

Outcome<u64> Epoll::collect_own(u64 events, u64 most) {
  u64 count = 0;
  Candidate candidate;
  enqueue_due();
  // Each interest is looked at once, also when it goes back to the end of the queue.
  for (u32 left = queued_; left != 0 && count < most && dequeue(candidate); --left) {
    const FileReference file(candidate.file);
    const u32 now = visit(*file, [](auto& kind) { return kind.ready(); });
    const u32 ready = now & (candidate.events | poll_event::always) & kConditions;
    if (ready == 0) continue;
    TRY(report(events, count, ready, candidate.data));
    settle(candidate.token, true);
    ++count;
  }
  return count;
}

Outcome<u64> Epoll::collect_from_host(u64 events, u64 most, i64 timeout) {
  std::array<abi::EpollReady, kHostEventsAtOnce> found;
  const u64 wanted = most < kHostEventsAtOnce ? most : kHostEventsAtOnce;
  const u64 told = TRY(host::epoll_wait(handle_, found.data(), wanted, timeout));
  u64 count = 0;
  for (u64 i = 0; i < told; ++i) {
    u32 ready = 0;
    u64 data = 0;
    {
      Guard guard(event_lock);
      const EpollInterest* const interest = interest_of(found[i].token);
      if (interest == nullptr || interest->disabled) continue;
      ready = found[i].events & (interest->events | poll_event::always) & kConditions;
      data = interest->data;
    }
    if (ready == 0) continue;
    TRY(report(events, count, ready, data));
    settle(found[i].token, false);
    ++count;
  }
  return count;
}

Outcome<u64> Epoll::wait(u64 events, u64 most, u64 deadline) {
  ThreadBlock& thread = current();
  u64 count = TRY(collect_own(events, most));
  if (count != 0 && host_interests_ == 0) return count;
  Waking waking;
  const ThreadWaiter waiter(*this, waking);
  for (;;) {
    waking.reset();
    if (count == 0) count = TRY(collect_own(events, most));
    const u64 until = earliest_.load() < deadline ? earliest_.load() : deadline;
    const i64 timeout = count != 0 ? 0 : timeout_until(until);
    if (host_interests_ != 0 && count < most) {
      thread.waiting.store(1);
      const bool stay = waking.woken().load() == 0 && !has_deliverable_signal(thread);
      const auto more = collect_from_host(events + count * sizeof(EpollEvent), most - count, stay ? timeout : 0);
      thread.waiting.store(0);
      if (more.ok()) count += *more;
      if (!more.ok() && more.error() != Errno::intr) return fail(more.error());
    } else if (count == 0 && timeout != 0) {
      if (sleep_on(waking.woken(), until).ok()) continue;
    }
    if (count != 0) return count;
    if (has_deliverable_signal(thread)) return fail(Errno::restart_unhandled);
    if (waking.woken().load() == 0 && timeout_until(deadline) == 0) return u64{0};
  }
}

/// Readable when an interest is ready; the host's share is asked for through `handle`.
u32 Epoll::ready() {
  u32 bits = 0;
  Candidate candidate;
  enqueue_due();
  for (u32 left = queued_; left != 0 && dequeue(candidate); --left) {
    const FileReference file(candidate.file);
    const u32 now = visit(*file, [](auto& kind) { return kind.ready(); });
    if ((now & (candidate.events | poll_event::always) & kConditions) == 0) continue;
    Guard guard(event_lock);
    if (EpollInterest* const interest = interest_of(candidate.token); interest != nullptr) enqueue(*interest);
    bits = poll_event::in | poll_event::read_normal;
  }
  return bits;
}

}  // namespace sgxx::enclave
