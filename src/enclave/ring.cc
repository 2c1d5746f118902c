// SPDX-License-Identifier: Apache-2.0
#include "enclave/ring.h"

#include <atomic>

#include "enclave/entry.h"
#include "enclave/host_memory.h"
#include "enclave/thread_block.h"
#include "enclave/tsc_clock.h"

namespace sgxx::enclave::ring {
namespace {

using abi::HostCallNumber;
using abi::RingState;

constexpr u32 kNumbers = 128;      // host calls that are timed
constexpr u64 kPatience = 60'000;  // ticks: some 20 us, about what a slow call takes
constexpr u32 kTimeOneIn = 16;     // calls: reading the counter twice costs a tenth of one
constexpr u32 kTryTheOther = 256;  // calls between two looks at the slower way at first; twice as many after each that was slower
constexpr u32 kTryAtLeast = 65536;
constexpr u32 kSmoothing = 8;  // weight of the past in the averages

/// What a call costs by each way, in ticks, smoothed; 0 while it is not known. Threads that count at once may lose a count.
struct Cost {
  std::atomic<u32> leaving, staying, calls, pause;

  bool prefers_to_stay() const { return staying == 0 || (leaving != 0 && staying < leaving); }
};
Cost costs[kNumbers];

/// Which argument of a call says how long the host may wait; kNever: it never waits. Calls that are not here always leave.
constexpr u32 kNever = 5, kLeaves = 6;
u32 timeout_argument(u64 number) {
  switch (static_cast<HostCallNumber>(number)) {
    case HostCallNumber::read:
    case HostCallNumber::write:
    case HostCallNumber::epoll_wait:
    case HostCallNumber::accept: return 2;
    case HostCallNumber::poll: return 1;
    case HostCallNumber::send:
    case HostCallNumber::receive: return 3;
    case HostCallNumber::clock_read:
    case HostCallNumber::wake:
    case HostCallNumber::epoll_control:
    case HostCallNumber::socket_name:
    case HostCallNumber::socket_get:
    case HostCallNumber::socket_set:
    case HostCallNumber::socket_bytes: return kNever;
    default: return kLeaves;
  }
}

/// Writes hardly ever have to wait, and the host declines those that do.
bool returns_soon(const abi::HostCall& call) {
  const u32 argument = timeout_argument(call.number);
  if (argument >= kNever) return argument == kNever;
  const auto number = static_cast<HostCallNumber>(call.number);
  return call.args[argument] == 0 || number == HostCallNumber::send || number == HostCallNumber::write;
}

u64 ticks() {
  u64 low, high;
  read_tsc(&low, &high);
  return high << 32 | static_cast<u32>(low);
}

HostAddr ring_word() { return current().host_area + offsetof(abi::HostArea, ring); }

void set_ring(RingState state) {
  const u64 word = static_cast<u64>(state);
  copy_out(ring_word(), &word, sizeof(word));
}

}  // namespace

Journey::Journey(const abi::HostCall& call) : number_(static_cast<u32>(call.number)) {
  if (current().ring_is_served == 0 || (enclave_config.flags & abi::config_flag::exitless) == 0 || number_ >= kNumbers) return;
  if (!tsc_is_usable() || !returns_soon(call)) return;
  Cost& cost = costs[number_];
  const u32 calls = cost.calls.load(std::memory_order_relaxed) + 1;
  const u32 pause = cost.pause.load(std::memory_order_relaxed);
  tries_other_ = calls >= (pause != 0 ? pause : kTryTheOther);
  cost.calls.store(tries_other_ ? 0 : calls, std::memory_order_relaxed);
  timed_ = tries_other_ || calls % kTimeOneIn == 0 || cost.leaving == 0 || cost.staying == 0;
  way_ = cost.prefers_to_stay() != tries_other_ ? Way::stay : Way::leave;
  if (timed_ || way_ == Way::stay) begin_ = ticks();
  if (way_ == Way::leave) return;
  set_ring(RingState::requested);
  served_ = await_reply();
}

/// False when the host declined, or was not done in time.
bool Journey::await_reply() const {
  do {
    const u64 word = fetch<u64>(ring_word());
    if (word == static_cast<u64>(RingState::done) || word == static_cast<u64>(RingState::declined)) {
      set_ring(RingState::none);
      return word == static_cast<u64>(RingState::done);
    }
    asm volatile("pause");
  } while (ticks() - begin_ < kPatience);
  return false;
}

void Journey::end() {
  if (!timed_) return;
  const u64 taken = ticks() - begin_;
  const u32 sample = taken < kPatience * 16 ? static_cast<u32>(taken) : static_cast<u32>(kPatience * 16);
  Cost& cost = costs[number_];
  std::atomic<u32>& average = way_ == Way::stay ? cost.staying : cost.leaving;
  const u32 before = average.load(std::memory_order_relaxed);
  average.store(before == 0 ? sample + 1 : before - before / kSmoothing + sample / kSmoothing + 1, std::memory_order_relaxed);
  if (!tries_other_) return;
  const bool still_slower = cost.prefers_to_stay() != (way_ == Way::stay);
  const u32 pause = cost.pause.load(std::memory_order_relaxed);
  const u32 longer = pause == 0 ? 2 * kTryTheOther : (pause < kTryAtLeast ? 2 * pause : pause);
  cost.pause.store(still_slower ? longer : 0, std::memory_order_relaxed);
}

}  // namespace sgxx::enclave::ring
