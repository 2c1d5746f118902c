// SPDX-License-Identifier: Apache-2.0
//
// Duty B15: nothing that the runtime checks before a host call is relied on behind it. The host decides who runs next at every
// host call of any thread; the program notices what was given to two, got lost, or came twice (guests/contention.cc), and a
// wake-up that got lost leaves everybody asleep. Schedules are drawn from seeds, and all of those that differ in a few early
// decisions.
#include <gtest/gtest.h>

#include "boundary/stepper.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

constexpr u32 kThreadBlocks = 9;

TestHost contention_host() { return TestHost(kContention, {.threads = kThreadBlocks, .heap = u64{4} << 20, .rewrite = true}); }

std::vector<std::string> arguments(const char* what, int threads, int rounds) {
  return {"contention", what, std::to_string(threads), std::to_string(rounds)};
}

class Random {
 public:
  explicit Random(u64 seed) : state_(seed) {}
  u64 below(u64 end) {
    state_ = state_ * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
    return (state_ >> 33) % end;
  }

 private:
  u64 state_;
};

TEST(Races, NothingIsLostOrSharedWhoeverRunsNext) {
  u64 decisions = 0;
  for (u64 seed = 1; seed <= 300; ++seed) {
    TestHost host = contention_host();
    Random random(seed);
    host.choose = [&](size_t ready) {
      decisions += ready > 1;
      return random.below(ready);
    };
    ASSERT_EQ(host.run(arguments("mdiaephte", 4, 4)), exited(0)) << "seed " << seed << "; the codes are in guests/contention.cc";
  }
  EXPECT_GT(decisions, 50'000u);
}

/// Interrupts some of the entries somewhere, so that others run while the thread is anywhere in the runtime or the program.
class Preemptions : public Stepper {
 public:
  explicit Preemptions(Random& random) : random_(random) {}
  bool wants_steps() override {
    constexpr u64 kOneIn = 4, kWithin = 800;
    left_ = random_.below(kOneIn) == 0 ? 1 + random_.below(kWithin) : 0;
    return left_ != 0;
  }
  Step visit(ThreadRecord& record, ucontext_t&, u64) override {
    if (left_ == 0) return Step::stop;
    if (--left_ != 0 || record.tcs->cssa != 0) return Step::go_on;
    ++count;
    return Step::interrupt;
  }
  u64 count = 0;

 private:
  Random& random_;
  u64 left_ = 0;
};

TEST(Races, NothingIsLostOrSharedWhenThreadsArePreempted) {
  u64 preemptions = 0;
  for (u64 seed = 1; seed <= 25; ++seed) {
    TestHost host = contention_host();
    Random random(seed);
    host.choose = [&](size_t ready) { return random.below(ready); };
    host.preempt = [&] { return static_cast<u32>(1 + random.below(6)); };
    Preemptions observer(random);
    const Watch scope(observer);
    ASSERT_EQ(host.run(arguments("mdiaephte", 4, 3)), exited(0)) << "seed " << seed << "; the codes are in guests/contention.cc";
    ASSERT_EQ(host.wrong_interrupt_exits, 0u);
    preemptions += observer.count;
  }
  EXPECT_GT(preemptions, 1'000u);
}

/// The decisions of one run, of which the first few are given and the rest are "the next in turn".
struct Decisions {
  size_t depth;
  std::vector<size_t> taken{}, among{};

  size_t next(size_t ready, size_t& at) {
    if (ready == 1 || at == depth) return 0;
    if (at == taken.size()) {
      taken.push_back(0);
      among.push_back(ready);
    }
    return taken[at++];
  }
  /// To the next schedule; false when all have been seen.
  bool advance() {
    while (!taken.empty() && taken.back() + 1 == among.back()) {
      taken.pop_back();
      among.pop_back();
    }
    if (taken.empty()) return false;
    return ++taken.back(), true;
  }
};

struct Small {
  const char* what;
  int threads, rounds;
  size_t depth;
};
class EarlySchedules : public ::testing::TestWithParam<Small> {};

TEST_P(EarlySchedules, AreAllAlike) {
  const Small& small = GetParam();
  Decisions decisions{small.depth};
  u64 schedules = 0;
  do {
    TestHost host = contention_host();
    size_t at = 0;
    host.choose = [&](size_t ready) { return decisions.next(ready, at); };
    ASSERT_EQ(host.run(arguments(small.what, small.threads, small.rounds)), exited(0))
        << "decisions " << ::testing::PrintToString(decisions.taken) << "; the codes are in guests/contention.cc";
    ++schedules;
  } while (decisions.advance());
  std::printf("%lu schedules\n", schedules);
  EXPECT_GE(schedules, 60u);
}

INSTANTIATE_TEST_SUITE_P(Races, EarlySchedules,
                         ::testing::Values(Small{"m", 2, 2, 8}, Small{"d", 3, 2, 6}, Small{"a", 3, 2, 7}, Small{"p", 3, 2, 7},
                                           Small{"h", 3, 2, 6}, Small{"t", 2, 1, 5}),
                         [](const auto& small) { return std::string("Of_") + small.param.what; });

}  // namespace
}  // namespace sgxx::boundary
