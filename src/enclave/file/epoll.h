// SPDX-License-Identifier: Apache-2.0
//
// epoll. Interests in files of the enclave's own are kept here: whoever notifies such a file puts the interest on the ready
// queue. Interests in the host's files are registered with an epoll of the host, under a token; what it reports is a hint that is
// looked up in the table here, and masked with what was asked for.
#pragma once

#include "enclave/file/events.h"

namespace sgxx::enclave {

class Epoll;

/// One file's place in an epoll. All fields are guarded by the event lock.
struct EpollInterest : Waiter {
  EpollInterest(Epoll& owner, u32 descriptor_number);
  Epoll* epoll;
  u32 descriptor;
  u32 events = 0;         // EPOLL*, with EPOLLET and EPOLLONESHOT
  u64 data = 0;           // the program's
  u32 index = 0;          // in the epoll's table
  u32 handle = ~u32{0};   // under which the host's epoll looks at the file, or kNoHandle
  bool disabled = false;  // a one-shot that has fired
  bool queued = false;
  u64 next_event = ~u64{0};  // of a timed file: when it changes by itself
  EpollInterest* next_ready = nullptr;
};

/// struct epoll_event: packed on x86-64.
struct __attribute__((packed)) EpollEvent {
  u32 events;
  u64 data;
};
static_assert(sizeof(EpollEvent) == 12);

class Epoll : public OpenFile {
 public:
  explicit Epoll(u32 flags) : OpenFile(FileKind::epoll, flags | open_flag::read_write) {}
  ~Epoll();

  /// EPOLL_CTL_ADD (1), DEL (2), MOD (3). EEXIST, ENOENT, EPERM, EINVAL, ENOMEM.
  Outcome<> change(u32 operation, FileReference file, u32 descriptor, EpollEvent event);
  /// Up to `most` events to the program's array at `events`; how many. EFAULT, restart_unhandled.
  Outcome<u64> wait(u64 events, u64 most, u64 deadline);

  Outcome<u64> seek(i64, u32) { return u64{0}; }
  u32 ready();
  u64 next_event() { return earliest_.load(); }
  static constexpr bool kTimed = true;
  u32 handle() const { return handle_; }
  bool contains(OpenFile& file) const;

  static void on_event(Waiter& waiter, Wakes& wakes);
  /// Takes an interest out and frees it; the event lock is held.
  void remove(EpollInterest& interest);

 private:
  struct Slot {
    EpollInterest* interest;  // nullptr: free
    u32 generation;
    u32 next_free;
  };
  /// What is needed of an interest while the lock is not held.
  struct Candidate {
    OpenFile* file;  // a reference
    u64 token;
    u32 events;
    u64 data;
  };

  Outcome<> add(OpenFile& file, u32 descriptor, EpollEvent event);
  Outcome<> modify(EpollInterest& interest, EpollEvent event);
  EpollInterest* find(OpenFile& file, u32 descriptor) const;
  Outcome<> use_host();
  Outcome<u32> reserve_slot();
  u64 token_of(u32 index) const { return u64{slots_[index].generation} << 32 | index; }
  EpollInterest* interest_of(u64 token) const;
  void enqueue(EpollInterest& interest);
  void note_next_event(EpollInterest& interest);
  void enqueue_due();
  bool dequeue(Candidate& candidate);
  Outcome<u64> collect_own(u64 events, u64 most);
  Outcome<u64> collect_from_host(u64 events, u64 most, i64 timeout);
  Outcome<> report(u64 events, u64 index, u32 ready, u64 data) const;
  void settle(u64 token, bool reported);

  Slot* slots_ = nullptr;
  u32 slot_count_ = 0;
  u32 first_free_ = 0;
  u32 queued_ = 0;
  EpollInterest* first_ready_ = nullptr;
  EpollInterest* last_ready_ = nullptr;
  u32 handle_ = kNoHandle;
  u32 host_interests_ = 0;
  u32 timed_interests_ = 0;
  std::atomic<u64> earliest_{~u64{0}};  // next_event of all interests; not before the truth
};

}  // namespace sgxx::enclave
