// SPDX-License-Identifier: Apache-2.0
//
// Duty B16: a barrier for all threads (membarrier) does not return before each of them has passed one. The host decides whether a
// thread is interrupted and what it says of that; here it says yes and leaves the thread where it is for hundreds of host calls.
#include <gtest/gtest.h>

#include "boundary/stepper.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

constexpr u32 kAsking = 0, kComputing = 1;

/// Interrupts the thread that computes, again and again.
class Interruptions : public Stepper {
 public:
  bool wants_steps() override { return thread == kComputing; }
  Step visit(ThreadRecord& record, ucontext_t&, u64) override {
    constexpr u64 kApart = 1500;
    return record.tcs->cssa == 0 && ++count_ % kApart == 0 ? Step::interrupt : Step::go_on;
  }
  u32 thread = 0;

 private:
  u64 count_ = 0;
};

TEST(Fences, AreBelievedWhenTheThreadItselfHasPassedOne) {
  TestHost host(kContention, {.threads = 3, .heap = u64{4} << 20, .rewrite = true});
  Interruptions observer;
  host.before_entry = [&](u32 thread) { observer.thread = thread; };
  host.preempt = [] { return 300; };
  u64 asked_at = 0, calls_since = 0, returned_at = 0;
  host.on_call = [&](u32 thread, const abi::HostCall& call) -> std::optional<i64> {
    if (thread != kAsking) return std::nullopt;
    const auto number = static_cast<abi::HostCallNumber>(call.number);
    if (asked_at != 0) ++calls_since;
    if (number == abi::HostCallNumber::write) returned_at = host.interrupts;
    if (number != abi::HostCallNumber::thread_interrupt) return std::nullopt;
    EXPECT_EQ(call.args[0], u64{kComputing});
    if (asked_at == 0) asked_at = host.interrupts;
    return 0;
  };
  const Watch scope(observer);
  EXPECT_EQ(host.run({"contention", "f", "2", "1"}), exited(0));
  EXPECT_GT(asked_at, 0u);
  EXPECT_GT(calls_since, 250u) << "it asks and waits";
  EXPECT_GT(returned_at, asked_at) << "an interruption has been handled since it asked";
}

}  // namespace
}  // namespace sgxx::boundary
