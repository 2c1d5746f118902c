// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/record_lock.h"

#include "enclave/file/events.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

using i16 = std::int16_t;

constexpr u64 kEnd = ~u64{0};

struct HeldLock {
  HeldLock* next;
  OpenFile* owner;
  const void* locked;
  u64 begin, end;  // [begin, end)
  bool exclusive;
  bool whole;  // flock: another kind than record locks, the two don't meet
};

/// struct flock.
struct Request {
  i16 type, whence;
  u32 pad;
  i64 start, length;
  i32 process, pad2;
};
static_assert(sizeof(Request) == 32);

constexpr i16 kShared = 0, kExclusive = 1, kUnlock = 2;  // F_RDLCK, F_WRLCK, F_UNLCK

/// A thread that waits for any lock to go. They are few: each looks again whenever one goes.
struct LockWaiter {
  LockWaiter* next;
  Waking waking;
};

constinit SpinLock list_lock;
HeldLock* held;
LockWaiter* waiters;

struct Range {
  u64 begin, end;
};

HeldLock* conflicting(const HeldLock& wanted) {
  for (HeldLock* lock = held; lock != nullptr; lock = lock->next) {
    if (lock->locked == wanted.locked && lock->owner != wanted.owner && lock->whole == wanted.whole &&
        (lock->exclusive || wanted.exclusive) && lock->begin < wanted.end && wanted.begin < lock->end) {
      return lock;
    }
  }
  return nullptr;
}

/// What `owner` holds of a range is cut out of its locks; `spare` becomes the second half of a lock that falls in two.
void cut(const HeldLock& range, HeldLock*& spare) {
  for (HeldLock** link = &held; *link != nullptr;) {
    HeldLock& lock = **link;
    if (lock.owner != range.owner || lock.locked != range.locked || lock.whole != range.whole || lock.begin >= range.end ||
        range.begin >= lock.end) {
      link = &lock.next;
      continue;
    }
    if (lock.begin < range.begin && lock.end > range.end) {
      *spare = lock;
      spare->begin = range.end;
      lock.end = range.begin;
      lock.next = std::exchange(spare, nullptr);
      return;
    }
    if (lock.begin < range.begin) {
      lock.end = range.begin;
    } else if (lock.end > range.end) {
      lock.begin = range.end;
    } else {
      *link = lock.next;
      destroy(&lock);
      continue;
    }
    link = &lock.next;
  }
}

/// A lock went or became weaker; the list's lock is held.
void tell_waiters(Wakes& wakes) {
  for (LockWaiter* waiter = waiters; waiter != nullptr; waiter = waiter->next) {
    waiter->waking.set();
    wakes.add(waiter->waking.thread());
  }
}

/// Takes, changes or gives up a lock without waiting; EAGAIN.
Outcome<> set_lock(const HeldLock& wanted, bool unlock) {
  HeldLock* fresh = TRY(create<HeldLock>());
  const auto second = create<HeldLock>();
  HeldLock* spare = second.ok() ? *second : nullptr;
  Outcome<> outcome;
  {
    Wakes wakes;
    Guard guard(list_lock);
    if (spare == nullptr) {
      outcome = fail(Errno::nomem);
    } else if (!unlock && conflicting(wanted) != nullptr) {
      outcome = fail(Errno::again);
    } else {
      cut(wanted, spare);
      if (!unlock) {
        *fresh = wanted;
        fresh->next = held;
        held = std::exchange(fresh, nullptr);
      }
      tell_waiters(wakes);
    }
  }
  if (fresh != nullptr) destroy(fresh);
  if (spare != nullptr) destroy(spare);
  return outcome;
}

Outcome<> wait_for_lock(const HeldLock& wanted, bool unlock) {
  Outcome<> outcome = set_lock(wanted, unlock);
  if (outcome.ok() || outcome.error() != Errno::again) return outcome;
  LockWaiter self{};
  {
    Guard guard(list_lock);
    self.next = std::exchange(waiters, &self);
  }
  do {
    self.waking.reset();
    outcome = set_lock(wanted, unlock);
    if (outcome.ok() || outcome.error() != Errno::again) break;
    outcome = sleep_on(self.waking.woken(), kForever);
  } while (outcome.ok());
  Guard guard(list_lock);
  LockWaiter** link = &waiters;
  while (*link != &self) link = &(*link)->next;
  *link = self.next;
  return outcome;
}

Outcome<Range> range_of(const Request& request, OpenFile& file) {
  enum : i16 { set, current, end };
  i64 base = 0;
  if (request.whence == current) {
    base = static_cast<i64>(TRY(visit(file, [](auto& kind) { return kind.seek(0, current); })));
  } else if (request.whence == end) {
    base = TRY(visit(file, [](auto& kind) { return kind.status(); })).size;
  } else if (request.whence != set) {
    return fail(Errno::inval);
  }
  i64 begin = 0, stop = 0;
  if (__builtin_add_overflow(base, request.start, &begin)) return fail(Errno::overflow);
  if (__builtin_add_overflow(begin, request.length, &stop)) return fail(Errno::overflow);
  if (request.length < 0) std::swap(begin, stop);
  if (begin < 0) return fail(Errno::inval);
  return Range{static_cast<u64>(begin), request.length == 0 ? kEnd : static_cast<u64>(stop)};
}

Outcome<> check_type(const Request& request, const OpenFile& file, bool query) {
  if (request.type < kShared || request.type > kUnlock) return fail(Errno::inval);
  if (query) return request.type == kUnlock ? Outcome<>(fail(Errno::inval)) : Outcome<>{};
  if (request.type == kShared && !file.is_readable()) return fail(Errno::badf);
  if (request.type == kExclusive && !file.is_writable()) return fail(Errno::badf);
  return {};
}

/// F_GETLK: who is in the way, or F_UNLCK.
Outcome<u64> answer_query(Request request, const HeldLock& wanted, u64 argument) {
  Guard guard(list_lock);
  const HeldLock* const lock = conflicting(wanted);
  if (lock == nullptr) {
    request.type = kUnlock;
  } else {
    request.type = lock->exclusive ? kExclusive : kShared;
    request.whence = 0;
    request.start = static_cast<i64>(lock->begin);
    request.length = lock->end == kEnd ? 0 : static_cast<i64>(lock->end - lock->begin);
    request.process = -1;
  }
  TRY(store(argument, request));
  return u64{0};
}

}  // namespace

Outcome<u64> control_locks(OpenFile& file, const void* locked, u32 operation, u64 argument) {
  constexpr u32 kGet = 5, kSetWait = 7, kOpenGet = 36, kOpenSetWait = 38;
  const bool open_file = operation >= kOpenGet && operation <= kOpenSetWait;
  if (!open_file && (operation < kGet || operation > kSetWait)) return fail(Errno::inval);
  const bool query = operation == kGet || operation == kOpenGet;
  const Request request = TRY(load<Request>(argument));
  TRY(check_type(request, file, query));
  const Range range = TRY(range_of(request, file));
  if (open_file && request.process != 0) return fail(Errno::inval);
  const HeldLock wanted{nullptr, &file, locked, range.begin, range.end, request.type == kExclusive, false};
  if (query) return answer_query(request, wanted, argument);
  if (!open_file) return u64{0};
  const bool unlock = request.type == kUnlock;
  TRY(operation == kOpenSetWait ? wait_for_lock(wanted, unlock) : set_lock(wanted, unlock));
  return u64{0};
}

Outcome<u64> lock_file(OpenFile& file, const void* locked, u32 operation) {
  constexpr u32 kSharedLock = 1, kExclusiveLock = 2, kNoWait = 4, kUnlockFile = 8;
  const u32 what = operation & ~kNoWait;
  if (what != kSharedLock && what != kExclusiveLock && what != kUnlockFile) return fail(Errno::inval);
  const HeldLock wanted{nullptr, &file, locked, 0, kEnd, what == kExclusiveLock, true};
  const bool unlock = what == kUnlockFile;
  TRY((operation & kNoWait) != 0 ? set_lock(wanted, unlock) : wait_for_lock(wanted, unlock));
  return u64{0};
}

void drop_locks(OpenFile& file) {
  // A lock of this file's own was taken before its last user let go of it: it would be seen here.
  if (__atomic_load_n(&held, __ATOMIC_ACQUIRE) == nullptr) return;
  Wakes wakes;
  Guard guard(list_lock);
  for (HeldLock** link = &held; *link != nullptr;) {
    HeldLock& lock = **link;
    if (lock.owner != &file) {
      link = &lock.next;
      continue;
    }
    *link = lock.next;
    destroy(&lock);
    tell_waiters(wakes);
  }
}

}  // namespace sgxx::enclave
