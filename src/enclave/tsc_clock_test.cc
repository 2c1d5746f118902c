// SPDX-License-Identifier: Apache-2.0
//
// A clock whose host and whose counter say what they like: what it answers never runs backwards, from one thread to another
// neither. With an honest host it tells the host's time and seldom asks.
#include "enclave/tsc_clock.h"

#include <gtest/gtest.h>

#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "enclave/entry.h"
#include "enclave/host_call.h"

namespace sgxx::enclave {
namespace {

struct Machine {
  std::function<u64()> counter;
  std::function<u64()> host;
};
Machine machine;
thread_local u64 asked;

constexpr u64 kHertz = 2'000'000'000;

}  // namespace

u64 host::clock_read(u32, u32) {
  ++asked;
  return machine.host();
}

extern "C" void read_tsc(u64* low, u64* high) {
  const u64 now = machine.counter();
  *low = static_cast<u32>(now);
  *high = now >> 32;
}

namespace {

/// Time that passes by so many ns with each look at the counter; the host tells it rightly.
struct HonestMachine {
  std::atomic<u64> nanoseconds{1'000'000'000'000};
  u64 step;
  u64 offset = 0;  // of the host's clock, changed while running
  explicit HonestMachine(u64 each) : step(each) {
    machine.counter = [this] { return nanoseconds.fetch_add(step) * 2; };
    machine.host = [this] { return nanoseconds.load() + offset; };
  }
};

TEST(TscClock, TellsTheTimeOfAnHonestHostAndSeldomAsks) {
  HonestMachine honest(100);
  set_tsc_usable(true);
  set_tsc_frequency(kHertz);
  TscClock clock;
  asked = 0;
  for (int i = 0; i < 10'000'000; ++i) {
    const u64 told = clock.now(1);
    const u64 true_time = honest.nanoseconds.load();
    ASSERT_LE(told, true_time + 1000);
    ASSERT_LE(true_time, told + 1000);
  }
  EXPECT_LE(asked, 12u);  // one second has passed
}

TEST(TscClock, LearnsTheRateWithoutAHint) {
  HonestMachine honest(100);
  set_tsc_usable(true);
  set_tsc_frequency(0);
  TscClock clock;
  asked = 0;
  for (int i = 0; i < 5'000'000; ++i) {
    const u64 told = clock.now(1);
    ASSERT_LE(honest.nanoseconds.load(), told + 1000);
    if (asked == 1) {
      honest.nanoseconds += 20'000'000;  // the second question comes late enough to compare
    }
  }
  EXPECT_LE(asked, 10u);
}

TEST(TscClock, MakesUpForARateThatWasTooFastWithoutStandingStill) {
  HonestMachine honest(100);
  set_tsc_usable(true);
  set_tsc_frequency(kHertz - kHertz / 100);
  TscClock clock;
  u64 last = clock.now(1);
  int still = 0;
  for (int i = 0; i < 5'000'000; ++i) {
    const u64 told = clock.now(1);
    still += told == last;
    last = told;
  }
  EXPECT_LE(still, 20);
  EXPECT_LE(last, honest.nanoseconds.load() + 1000);
}

TEST(TscClock, AnswersOfTheHostThatTookLongTeachNothing) {
  HonestMachine honest(100);
  set_tsc_usable(true);
  set_tsc_frequency(0);
  TscClock clock;
  machine.host = [&honest] { return honest.nanoseconds.fetch_add(5'000'000); };  // asked, then off the processor for 5 ms
  asked = 0;
  for (int i = 0; i < 1000; ++i) clock.now(1);
  EXPECT_EQ(asked, 1000u);
}

TEST(TscClock, ACounterThatMayNotBeReadIsNotUsed) {
  HonestMachine honest(100);
  set_tsc_usable(false);
  machine.counter = []() -> u64 { std::abort(); };
  TscClock clock;
  asked = 0;
  for (int i = 0; i < 100; ++i) clock.now(1);
  EXPECT_EQ(asked, 100u);
}

/// Both machines' numbers out of one seed: mostly plausible, with leaps of every size in either direction.
class LyingMachine {
 public:
  explicit LyingMachine(u64 seed) {
    machine.counter = [seed] { return next(seed, 2); };
    machine.host = [seed] { return next(seed, 1); };
  }

 private:
  static u64 next(u64 seed, u64 rate) {
    thread_local std::mt19937_64 random(seed ^ reinterpret_cast<u64>(&random));
    thread_local u64 now = 1'000'000'000;
    now += random() % 5'000'000;
    if (random() % 64 == 0) now = random() >> random() % 64;
    if (random() % 64 == 0) now -= random() % 1'000'000'000;
    return now * rate;
  }
};

/// Every thread looks at the latest answer of all, then reads the clock: no less.
void read_from_threads(TscClock& clock, int threads, int reads) {
  std::atomic<u64> greatest{0};
  std::vector<std::thread> readers;
  for (int t = 0; t < threads; ++t) {
    readers.emplace_back([&] {
      for (int i = 0; i < reads; ++i) {
        const u64 before = greatest.load();
        const u64 told = clock.now(1);
        ASSERT_GE(told, before);
        for (u64 seen = before; seen < told && !greatest.compare_exchange_weak(seen, told);) {
        }
      }
    });
  }
  for (std::thread& reader : readers) reader.join();
}

TEST(TscClock, NeverRunsBackwardsWhateverHostAndCounterSay) {
  set_tsc_usable(true);
  for (u64 seed = 0; seed < 200; ++seed) {
    LyingMachine liar(seed);
    set_tsc_frequency(seed % 3 == 0 ? 0 : kHertz);
    TscClock clock;
    read_from_threads(clock, 1, 5000);
  }
}

TEST(TscClock, NeverRunsBackwardsFromOneThreadToAnother) {
  set_tsc_usable(true);
  TscClock::share();
  for (u64 seed = 0; seed < 50; ++seed) {
    LyingMachine liar(seed);
    set_tsc_frequency(seed % 3 == 0 ? 0 : kHertz);
    TscClock clock;
    read_from_threads(clock, 4, 5000);
  }
}

}  // namespace
}  // namespace sgxx::enclave
