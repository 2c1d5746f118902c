// SPDX-License-Identifier: Apache-2.0
#include "enclave/tsc_clock.h"

#include "enclave/entry.h"
#include "enclave/host_call.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kSecond = 1'000'000'000;
constexpr u64 kLearnFor = 20'000'000;       // ns between the two samples that give the rate
constexpr u64 kAskAgain = 100'000'000;      // ns for which a rate is believed
constexpr u64 kMostAhead = kAskAgain / 10;  // ns that a new line makes up for
constexpr u64 kPrecision = 4096;            // of the rate: the reciprocal of its greatest error
constexpr u64 kSlowest = (u64{1} << 32) * 20, kFastest = (u64{1} << 32) / 20;  // 50 MHz to 20 GHz, in ns a tick

bool usable = false;
u64 hinted_rate = 0;

/// A rate that a counter can have; 0 instead of any other.
u64 plausible(u64 rate) { return rate <= kSlowest && rate >= kFastest ? rate : 0; }

u64 tsc() {
  u64 low, high;
  read_tsc(&low, &high);
  return high << 32 | static_cast<u32>(low);
}

}  // namespace

constinit std::atomic<u32> TscClock::shared_{0};

bool tsc_is_usable() { return usable; }
void set_tsc_usable(bool value) { usable = value; }
void set_tsc_frequency(u64 hertz) { hinted_rate = hertz == 0 ? 0 : plausible((kSecond << 32) / hertz); }

u64 TscClock::now(u32 clock) {
  u64 nanoseconds;
  if (try_now(tsc, nanoseconds)) return nanoseconds;
  return not_before(usable ? ask(clock) : host::clock_read(clock));
}

u64 TscClock::ask(u32 clock) {
  const u64 before = tsc();
  const u64 nanoseconds = host::clock_read(clock);
  const u64 after = tsc();
  if (asking_.exchange(1, std::memory_order_acquire) == 0) {
    learn({before + (after - before) / 2, nanoseconds, after - before});
    asking_.store(0, std::memory_order_release);
  }
  return nanoseconds;
}

void TscClock::learn(const Sample& sample) {
  if (first_.tsc == 0 || sample.tsc <= first_.tsc || sample.nanoseconds < first_.nanoseconds) {
    first_ = sample;
    if (hinted_rate != 0 && scale(sample.doubt, hinted_rate) < kAskAgain / kPrecision) publish(sample, hinted_rate);
    return;
  }
  u64 ticks = sample.tsc - first_.tsc;
  u64 passed = sample.nanoseconds - first_.nanoseconds;
  if (passed < kLearnFor || sample.doubt > ticks / kPrecision) return;
  if (first_.doubt > ticks / kPrecision) {
    first_ = sample;
    return;
  }
  for (; passed >> 31 != 0; passed >>= 1) ticks >>= 1;
  const u64 rate = ticks == 0 ? 0 : (passed << 32) / ticks;
  publish(sample, plausible(rate));
  first_ = sample;
}

/// A line that started below what the last one has reached would make the clock stand still for a while: it starts there, and is
/// flatter, so that both meet when this one ends.
void TscClock::publish(const Sample& sample, u64 rate) {
  const u64 last_rate = rate_.load(std::memory_order_relaxed);
  const u64 last_ticks = sample.tsc - tsc_.load(std::memory_order_relaxed);
  const u64 reached = nanoseconds_.load(std::memory_order_relaxed) + scale(last_ticks, last_rate);
  u64 start = sample.nanoseconds;
  const u64 valid = rate == 0 ? 0 : (kAskAgain << 32) / rate;
  if (last_rate != 0 && reached > start && reached - start < kMostAhead) {
    rate -= rate * (reached - start) / kAskAgain;
    start = reached;
  }
  sequence_.fetch_add(1, std::memory_order_acquire);
  tsc_.store(sample.tsc, std::memory_order_relaxed);
  nanoseconds_.store(start, std::memory_order_relaxed);
  rate_.store(rate, std::memory_order_relaxed);
  valid_ticks_.store(valid, std::memory_order_relaxed);
  sequence_.fetch_add(1, std::memory_order_release);
}

}  // namespace sgxx::enclave
