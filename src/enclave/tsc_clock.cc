// SPDX-License-Identifier: Apache-2.0
#include "enclave/tsc_clock.h"

#include "enclave/entry.h"
#include "enclave/host_call.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kLearnFor = 20'000'000;                                          // ns between the two samples that give the rate
constexpr u64 kAskAgain = 100'000'000;                                         // ns for which a rate is believed
constexpr u64 kSlowest = (u64{1} << 32) * 20, kFastest = (u64{1} << 32) / 20;  // 50 MHz to 20 GHz, in ns a tick

bool usable = false;

u64 tsc() {
  u64 low, high;
  read_tsc(&low, &high);
  return high << 32 | static_cast<u32>(low);
}

u64 scale(u64 ticks, u64 rate) { return static_cast<u64>(static_cast<unsigned __int128>(ticks) * rate >> 32); }

}  // namespace

bool tsc_is_usable() { return usable; }
void set_tsc_usable(bool value) { usable = value; }

u64 TscClock::now(u32 clock) {
  if (!usable) return host::clock_read(clock);
  for (;;) {
    const u32 sequence = sequence_.load(std::memory_order_acquire);
    const u64 rate = rate_.load(std::memory_order_relaxed);
    const u64 begin = tsc_.load(std::memory_order_relaxed);
    const u64 nanoseconds = nanoseconds_.load(std::memory_order_relaxed);
    const u64 valid = valid_ticks_.load(std::memory_order_relaxed);
    const u64 ticks = tsc() - begin;
    std::atomic_thread_fence(std::memory_order_acquire);
    if ((sequence & 1) != 0 || sequence_.load(std::memory_order_relaxed) != sequence) continue;
    if (rate == 0 || ticks >= valid) return ask(clock);
    return nanoseconds + scale(ticks, rate);
  }
}

u64 TscClock::ask(u32 clock) {
  const u64 before = tsc();
  const u64 nanoseconds = host::clock_read(clock);
  const u64 after = tsc();
  if (asking_.exchange(1, std::memory_order_acquire) == 0) {
    learn({before + (after - before) / 2, nanoseconds});
    asking_.store(0, std::memory_order_release);
  }
  return nanoseconds;
}

void TscClock::learn(const Sample& sample) {
  if (first_.tsc == 0 || sample.tsc <= first_.tsc || sample.nanoseconds < first_.nanoseconds) {
    first_ = sample;
    return;
  }
  u64 ticks = sample.tsc - first_.tsc;
  u64 passed = sample.nanoseconds - first_.nanoseconds;
  if (passed < kLearnFor) return;
  for (; passed >> 31 != 0; passed >>= 1) ticks >>= 1;
  const u64 each = ticks == 0 ? 0 : (passed << 32) / ticks;
  const bool sane = each <= kSlowest && each >= kFastest;
  sequence_.fetch_add(1, std::memory_order_acquire);
  tsc_.store(sample.tsc, std::memory_order_relaxed);
  nanoseconds_.store(sample.nanoseconds, std::memory_order_relaxed);
  rate_.store(sane ? each : 0, std::memory_order_relaxed);
  valid_ticks_.store(sane ? (kAskAgain << 32) / each : 0, std::memory_order_relaxed);
  sequence_.fetch_add(1, std::memory_order_release);
  first_ = sample;
}

}  // namespace sgxx::enclave
