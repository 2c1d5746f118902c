// SPDX-License-Identifier: Apache-2.0
//
// TscClock: a clock of the host, read without leaving the enclave. It asks the host now and then, learns how fast the time stamp
// counter runs against the host's clock, and in between lets the counter tell the time. What the host can do through it is what
// it can do with any clock: lie. It cannot make the clock run backwards: every answer is at least the greatest that any thread
// has had, and that is kept here, because the counter is as much the host's as the clock is. Readers take no lock; one thread
// at a time asks.
#pragma once

#include <atomic>

#include "base/checked.h"

namespace sgxx::enclave {

class TscClock {
 public:
  /// Nanoseconds of host clock `clock` (CLOCK_*), never less than an answer before.
  u64 now(u32 clock);

  /// The same without leaving the enclave; false when the host must be asked. `counter` reads the time stamp counter. Inlined,
  /// because vdso.cc runs it as code of the program.
  template <class Counter>
  [[gnu::always_inline]] bool try_now(Counter counter, u64& nanoseconds) {
    const u32 sequence = sequence_.load(std::memory_order_acquire);
    const u64 rate = rate_.load(std::memory_order_relaxed);
    if (rate == 0 || (sequence & 1) != 0) return false;
    const u64 start = nanoseconds_.load(std::memory_order_relaxed);
    const u64 valid = valid_ticks_.load(std::memory_order_relaxed);
    const u64 ticks = counter() - tsc_.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (sequence_.load(std::memory_order_relaxed) != sequence || ticks >= valid) return false;
    nanoseconds = not_before(start + scale(ticks, rate));
    return true;
  }

  /// The greatest answer so far.
  u64 latest() const { return latest_.load(); }

  /// From now on clocks are read by more than one thread.
  static void share() { shared_.store(1); }

 private:
  struct Sample {
    u64 tsc, nanoseconds;
    u64 doubt;  // ticks that passed while the host answered: the thread may have been off its processor for as long
  };
  u64 ask(u32 clock);
  void learn(const Sample& sample);
  void publish(const Sample& sample, u64 rate);

  [[gnu::always_inline]] static u64 scale(u64 ticks, u64 rate) {
    return static_cast<u64>(static_cast<unsigned __int128>(ticks) * rate >> 32);
  }

  /// `told`, or the greatest answer so far when that is greater. It also orders threads: the counter may be read early, but
  /// `latest_` is not, so whoever has seen another's answer (in memory of the program) finds it here, too.
  [[gnu::always_inline]] u64 not_before(u64 told) {
    u64 before = latest_.load();
    while (told > before) {
      if (replace_latest(before, told)) return told;
    }
    return before;
  }

  /// Compare and exchange. A program's only thread needs no bus lock: one instruction is atomic towards its signal handlers.
  [[gnu::always_inline]] bool replace_latest(u64& expected, u64 desired) {
    if (shared_.load(std::memory_order_relaxed) != 0) return latest_.compare_exchange_strong(expected, desired);
    bool same;
    asm volatile("cmpxchg %[desired], %[latest]"
                 : "+a"(expected), [latest] "+m"(latest_), "=@ccz"(same)
                 : [desired] "r"(desired)
                 : "memory");
    return same;
  }

  static std::atomic<u32> shared_;

  // Written ten times a second.
  alignas(64) std::atomic<u32> sequence_{0};
  std::atomic<u32> asking_{0};
  std::atomic<u64> tsc_{0}, nanoseconds_{0};
  std::atomic<u64> rate_{0};  // nanoseconds a tick, in 32.32 fixed point; 0 while unknown
  std::atomic<u64> valid_ticks_{0};
  Sample first_{};
  // Written by every reader.
  alignas(64) std::atomic<u64> latest_{0};
};

/// False when the counter cannot be read (SGX1), may stop, or the host's CPUID table does not call it invariant.
bool tsc_is_usable();
/// Boot says what it found, and how fast the host says that the counter runs (0: it does not know). That is believed until a
/// clock has been compared for long enough.
void set_tsc_usable(bool usable);
void set_tsc_frequency(u64 hertz);

}  // namespace sgxx::enclave
