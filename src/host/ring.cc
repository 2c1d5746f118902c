// SPDX-License-Identifier: Apache-2.0
#include "host/ring.h"

#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "host/process.h"
#include "host/service.h"

namespace sgxx::host {
namespace {

using abi::HostCallNumber;
using abi::RingState;

constexpr u64 kExitsInWindow = 64;
constexpr u64 kBusyWindow = 1'000'000;      // ns: as many exits within this time, and the ring is worth a look
constexpr u64 kIdle = 200'000;              // ns without a request, and the thread goes to sleep
constexpr u64 kShortestPause = 10'000'000;  // ns
constexpr u64 kLongestPause = 2'000'000'000;
constexpr u64 kFewRequests = 8;
constexpr int kPausesBeforeHelp = 2000;

std::atomic_ref<u64> ring_of(HostThread& thread) { return std::atomic_ref<u64>(thread.area->ring); }
constexpr u64 word_of(RingState state) { return static_cast<u64>(state); }

u64 now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<u64>(time.tv_sec) * 1'000'000'000 + static_cast<u64>(time.tv_nsec);
}

void set_policy(int thread, int policy) {
  const sched_param none{};
  sched_setscheduler(thread, policy, &none);
}

/// The call without its permission to wait; nothing when it has none anyway.
bool forbid_waiting(abi::HostCall& call) {
  u64* timeout = nullptr;
  switch (static_cast<HostCallNumber>(call.number)) {
    case HostCallNumber::read:
    case HostCallNumber::write:
    case HostCallNumber::epoll_wait:
    case HostCallNumber::accept: timeout = &call.args[2]; break;
    case HostCallNumber::poll: timeout = &call.args[1]; break;
    case HostCallNumber::send:
    case HostCallNumber::receive: timeout = &call.args[3]; break;
    default: return false;
  }
  const bool waits = *timeout != 0;
  *timeout = 0;
  return waits;
}

}  // namespace

void Ring::announce(bool is_served) {
  process_.for_each_thread(
      [is_served](HostThread& thread) { std::atomic_ref(thread.area->ring_is_served).store(is_served ? 1 : 0); });
}

void Ring::serve_request(HostThread& thread) {
  u64 requested = word_of(RingState::requested);
  if (!ring_of(thread).compare_exchange_strong(requested, word_of(RingState::taken))) return;
  abi::HostCall call = thread.area->call;
  const bool waits = forbid_waiting(call);
  Recorder* const recorder = process_.recorder();
  const u64 began = recorder != nullptr ? recorder->before(thread.index, call) : 0;
  const i64 reply = serve(process_, thread, call);
  const bool declined = waits && (reply == -EAGAIN || reply == -EINTR);
  if (recorder != nullptr && !declined) recorder->after_on_ring(thread.index, call, reply, began);
  thread.area->reply = reply;
  ring_of(thread).store(word_of(declined ? RingState::declined : RingState::done));
  served_.fetch_add(1, std::memory_order_relaxed);
}

bool Ring::look_once() {
  bool found = false;
  process_.for_each_thread([this, &found](HostThread& thread) {
    if (ring_of(thread).load() != word_of(RingState::requested)) return;
    serve_request(thread);
    found = true;
  });
  return found;
}

/// Until nothing has come for a while.
void Ring::look_for_work() {
  announce(true);
  const u64 before = served();
  for (u64 latest = now();;) {
    if (look_once()) {
      latest = now();
    } else if (now() - latest > kIdle) {
      break;
    } else {
      __builtin_ia32_pause();
    }
  }
  announce(false);
  // A request that came meanwhile is settled when its thread leaves.
  const bool useful = served() - before > kFewRequests;
  pause_ = useful ? kShortestPause : std::min(std::max(pause_ * 2, kShortestPause), kLongestPause);
  sleeps_until_ = now() + pause_;
}

void* Ring::thread_main(void* raw) {
  auto& self = *static_cast<Ring*>(raw);
  self.pulse_.begin();
  self.kernel_thread_ = static_cast<int>(::gettid());
  self.has_clock_ = pthread_getcpuclockid(pthread_self(), &self.clock_) == 0;
  set_policy(0, SCHED_IDLE);
  for (;;) {
    while (self.state_.load() == 0) ::syscall(SYS_futex, &self.state_, FUTEX_WAIT_PRIVATE, 0, nullptr, nullptr, 0);
    self.look_for_work();
    self.state_ = 0;
  }
}

void Ring::start() {
  if (started_.exchange(true)) return;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  (void)pthread_create(&pthread_, &attributes, &Ring::thread_main, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_attr_destroy(&attributes);
}

i64 Ring::processor_time() const {
  timespec time{};
  if (!has_clock_.load() || clock_gettime(clock_, &time) != 0) return 0;
  return static_cast<i64>(static_cast<u64>(time.tv_sec) * 1'000'000'000 + static_cast<u64>(time.tv_nsec));
}

void Ring::note_exit(HostThread& thread) {
  if (++thread.exits % kExitsInWindow != 0) return;
  const u64 time = now();
  const u64 begin = std::exchange(thread.exits_since, time);
  if (time - begin > kBusyWindow || time < sleeps_until_.load()) return;
  if (sysconf(_SC_NPROCESSORS_ONLN) < 2) return;
  start();
  u32 asleep = 0;
  if (state_.compare_exchange_strong(asleep, 1)) ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
}

bool Ring::settle(HostThread& thread) {
  std::atomic_ref<u64> ring = ring_of(thread);
  // Its own thread, and nobody else, has put something there, before it left.
  if (ring.load(std::memory_order_relaxed) == word_of(RingState::none)) return false;
  u64 word = word_of(RingState::requested);
  if (ring.compare_exchange_strong(word, word_of(RingState::none))) return false;
  if (word == word_of(RingState::taken)) {
    for (int i = 0; i < kPausesBeforeHelp && ring.load() == word_of(RingState::taken); ++i) __builtin_ia32_pause();
    // It holds our call and may be waiting for a processor: now it runs as everybody does until it is done.
    if (ring.load() == word_of(RingState::taken)) {
      set_policy(kernel_thread_, SCHED_OTHER);
      while (ring.load() == word_of(RingState::taken)) sched_yield();
      set_policy(kernel_thread_, SCHED_IDLE);
    }
  }
  word = ring.exchange(word_of(RingState::none));
  return word == word_of(RingState::done);
}

}  // namespace sgxx::host
