// SPDX-License-Identifier: Apache-2.0
//
// Host calls without leaving: served by another thread, late or never, and by one that writes over everything all the time.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "boundary/lies.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

using abi::HostCallNumber;
using abi::RingState;

/// A thread that does `work(area)` for the first thread's HostArea, again and again, while it lives.
class Beside {
 public:
  template <class Work>
  Beside(abi::HostArea& area, Work work)
      : thread_([this, &area, work] {
          while (!stop_) work(area);
        }) {}
  ~Beside() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

std::atomic_ref<u64> ring(abi::HostArea& area) { return std::atomic_ref<u64>(area.ring); }
constexpr u64 word_of(RingState state) { return static_cast<u64>(state); }

bool take(abi::HostArea& area) {
  u64 requested = word_of(RingState::requested);
  return ring(area).compare_exchange_strong(requested, word_of(RingState::taken));
}

/// The options of these tests: what is timed needs a time stamp counter, which is there outside as well as inside.
constexpr GuestOptions kOptions{.threads = 2, .heap = u64{4} << 20, .rewrite = true};

/// The two threads must meet within some 20 us, which a busy machine grants only now and then.
constexpr int kTries = 500;

TEST(Ring, ARequestThatIsServedInsideDoesNotLeave) {
  std::atomic<u64> served{0};
  for (int i = 0; i < kTries && served == 0; ++i) {
    TestHost host(kProbe, kOptions);
    host.areas[0]->ring_is_served = 1;
    host.on_call = [&](u32, const abi::HostCall&) -> std::optional<i64> {
      // What was requested and not taken is served here, as a host does.
      ring(*host.areas[0]) = word_of(RingState::none);
      return std::nullopt;
    };
    i64 now = 1'000'000'000;
    const Beside server(*host.areas[0], [&](abi::HostArea& area) {
      if (!take(area)) return;
      area.reply =
          area.call.number == static_cast<u64>(HostCallNumber::clock_read) ? now += 1000 : static_cast<i64>(area.call.args[0]);
      u64 taken = word_of(RingState::taken);
      if (ring(area).compare_exchange_strong(taken, word_of(RingState::done))) ++served;
    });
    EXPECT_EQ(host.run(Mode::calls), exited(0));
  }
  EXPECT_GT(served.load(), 0u);
}

TEST(Ring, WhatIsTakenAndNeverDoneIsServedWhenTheThreadLeaves) {
  u64 taken = 0;
  for (int i = 0; i < kTries && taken == 0; ++i) {
    TestHost host(kProbe, kOptions);
    host.areas[0]->ring_is_served = 1;
    host.on_call = [&](u32, const abi::HostCall&) -> std::optional<i64> {
      if (ring(*host.areas[0]).exchange(word_of(RingState::none)) == word_of(RingState::taken)) ++taken;
      return std::nullopt;
    };
    const Beside idler(*host.areas[0], [](abi::HostArea& area) { (void)take(area); });
    EXPECT_EQ(host.run(Mode::calls), exited(0));
  }
  EXPECT_GT(taken, 0u);
}

TEST(Ring, NothingIsRequestedWhereTheManifestSaysNo) {
  GuestOptions options = kOptions;
  options.exitless = false;
  TestHost host(kProbe, options);
  host.areas[0]->ring_is_served = 1;
  host.on_call = [&](u32, const abi::HostCall&) -> std::optional<i64> {
    EXPECT_EQ(ring(*host.areas[0]).load(), word_of(RingState::none));
    return std::nullopt;
  };
  EXPECT_EQ(host.run(Mode::calls), exited(0));
}

/// Every word of the area changes all the time: after a check, between two reads, in the middle of a copy.
TEST(Ring, AHostThatWritesOverEverythingAllTheTime) {
  for (u64 seed = 1; seed <= 20; ++seed) {
    TestHost host(kCaller, {.threads = 1, .heap = u64{2} << 20});
    host.areas[0]->ring_is_served = 1;
    Lies lies(seed, 1);
    host.on_call = [&](u32, const abi::HostCall& call) -> std::optional<i64> {
      if (call.number == static_cast<u64>(HostCallNumber::protect)) return std::nullopt;
      return lies.answer(*host.areas[0]);
    };
    std::atomic<bool> begun{false};
    host.before_entry = [&](u32) { begun = host.host_calls > 0; };
    std::mt19937_64 random(seed);
    const Beside scribbler(*host.areas[0], [&](abi::HostArea& area) {
      if (!begun) return;  // the start information is not the matter here
      auto* const words = reinterpret_cast<u64*>(area.data.data());
      std::atomic_ref word(words[random() % 64]);
      word.store(random() % 2 == 0 ? random() : random() % 0x1000000);
      std::atomic_ref reply(area.reply);
      reply.store(static_cast<i64>(random() % 64));
      if (random() % 4 == 0) ring(area).store(random() % 6);
    });
    const Ending ending = host.run({"caller", std::to_string(seed)});
    const bool acceptable =
        ending == exited(0) || ending == aborted(abi::AbortReason::bad_host_reply) || ending.kind == Ending::Kind::stuck;
    EXPECT_TRUE(acceptable) << "seed " << seed << ": " << ending;
  }
}

}  // namespace
}  // namespace sgxx::boundary
