// SPDX-License-Identifier: Apache-2.0
//
// Duties A12, A13, A15: an interrupt with an exception entry may come before any instruction of the entry code, on any path, also
// while an exception is handled, and changes nothing; more nesting than there are frames is refused.
#include <gtest/gtest.h>

#include <map>
#include <utility>

#include "boundary/stepper.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

/// Interrupts before the instructions of the entry code: each at its `turn`-th visit (0: at every visit).
class InterruptEverywhere : public Stepper {
 public:
  InterruptEverywhere(TestHost& host, u64 turn)
      : turn_(turn), host_(host), begin_(host.symbol("runtime_text_begin")), end_(host.symbol("copy_begin")) {}

  Step visit(ThreadRecord& record, ucontext_t&, u64 rip) override {
    if (rip < begin_ || rip >= end_) return Step::go_on;
    // Was it interrupted, came back and is about to run now?
    u64& last = last_[record.tcs->cssa];
    if (std::exchange(last, 0) == rip) return Step::go_on;
    // An interrupt of the exception entry comes back as another one: at every visit, that would never end.
    if (turn_ == 0 && record.tcs->cssa != 0) return Step::go_on;
    u64& visits = visits_[rip + (u64{record.tcs->cssa} << 56)];
    if (turn_ != 0 && ++visits != turn_) return Step::go_on;
    ++visits;
    if (corrupt_stack_pointer) {
      // The host's stack pointer in the frame is the host's to choose.
      auto* gpr = reinterpret_cast<isa::SsaGpr*>(record.tcs->gpr);
      gpr->ursp = gpr->urbp = host_.block(0);
    }
    ++injected;
    last = rip;
    return Step::interrupt;
  }
  size_t places() const { return visits_.size(); }

  u64 injected = 0;
  bool corrupt_stack_pointer = false;

 private:
  u64 turn_;
  TestHost& host_;
  u64 begin_, end_;
  std::array<u64, 3> last_{};
  std::map<u64, u64> visits_;
};

class Atomicity : public ::testing::TestWithParam<std::tuple<Mode, u64>> {};

TEST_P(Atomicity, AnInterruptAnywhereInTheEntryCodeChangesNothing) {
  const auto [mode, turn] = GetParam();
  std::string expected;
  {
    TestHost host;
    ASSERT_EQ(host.run(mode), exited(0)) << "without interrupts";
    expected = host.output;
  }
  TestHost host;
  InterruptEverywhere observer(host, turn);
  const Watch scope(observer);
  EXPECT_EQ(host.run(mode), exited(0));
  EXPECT_EQ(host.output, expected);
  EXPECT_EQ(host.wrong_interrupt_exits, 0u);
  EXPECT_GT(host.interrupts, 50u);
  EXPECT_GT(observer.injected, 80u);
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<Mode, u64>>& info) {
  const auto [mode, turn] = info.param;
  const std::string when = turn == 0 ? "EveryTime" : "Visit" + std::to_string(turn);
  switch (mode) {
    case Mode::faults: return "Faults" + when;
    case Mode::threads: return "Threads" + when;
    case Mode::signals: return "Signals" + when;
    default: return "Calls" + when;
  }
}
INSTANTIATE_TEST_SUITE_P(Paths, Atomicity,
                         ::testing::Combine(::testing::Values(Mode::calls, Mode::faults, Mode::threads),
                                            ::testing::Values(u64{0}, u64{1}, u64{2})),
                         name_of);
// A pending signal sends an interrupted way out back to its beginning: interrupts at every instruction would keep it there.
INSTANTIATE_TEST_SUITE_P(Signals, Atomicity,
                         ::testing::Combine(::testing::Values(Mode::signals), ::testing::Values(u64{1}, u64{2}, u64{3}, u64{5})),
                         name_of);

/// Makes the exception entry fault itself: its first instruction is fetched from a page that is never backed.
class FaultingExceptionEntry : public Stepper {
 public:
  Step visit(ThreadRecord& record, ucontext_t& context, u64) override {
    if (record.tcs->cssa == 1 && !std::exchange(done_, true)) set_reg(context, REG_RIP, 8);
    return Step::go_on;
  }

 private:
  bool done_ = false;
};

TEST(Frames, AnEntryBeyondTheLastFrameIsRefused) {
  TestHost host;
  host.write_start_info({"probe", "f"});
  device::Exit exit = host.start(0);
  while (exit.kind == device::Exit::Kind::eexit) {
    ASSERT_EQ(exit.registers.rdi, u64{SGXX_EXIT_HOST_CALL});
    host.areas[0]->reply = host.serve(0);
    exit = host.give_back(0);
  }
  ASSERT_EQ(exit.kind, device::Exit::Kind::fault) << "a system call, which traps";
  {
    FaultingExceptionEntry observer;
    const Watch scope(observer);
    ASSERT_EQ(host.exception(0).kind, device::Exit::Kind::fault);
  }
  // Both frames are in use: CSSA = NSSA = 2.
  const TestHost::Memory before = host.memory();
  for (u64 kind : {u64{0}, u64{SGXX_ENTER_START}, u64{SGXX_ENTER_RETURN}})
    EXPECT_EQ(host.enter(0, kind).kind, device::Exit::Kind::refused) << "by the processor";
  EXPECT_EQ(host.memory().regions, before.regions);
}

/// RAX at the entry as on a TCS with more frames than ours have.
class FurtherFrame : public Stepper {
 public:
  FurtherFrame(TestHost& host, u64 cssa) : entry_(host.symbol("runtime_entry")), cssa_(cssa) {}
  Step visit(ThreadRecord&, ucontext_t& context, u64 rip) override {
    if (rip == entry_) set_reg(context, REG_RAX, cssa_);
    return Step::go_on;
  }

 private:
  u64 entry_, cssa_;
};

TEST(Frames, TheEntryCodeKnowsTwoFrames) {
  for (u64 cssa : {u64{2}, u64{3}, u64{0x100000000}, ~u64{0}}) {
    TestHost host;
    host.write_start_info({"probe", "q"});
    {
      FurtherFrame observer(host, cssa);
      const Watch scope(observer);
      const device::Exit exit = host.start(0);
      ASSERT_EQ(exit.kind, device::Exit::Kind::eexit);
      EXPECT_EQ(exit.registers.rdi, u64{SGXX_EXIT_ABORT});
    }
    const device::Exit later = host.start(0);
    EXPECT_EQ(later.registers.rdi, u64{SGXX_EXIT_ABORT}) << "an abort is for good";
    EXPECT_EQ(later.registers.rsi, static_cast<u64>(abi::AbortReason::bad_entry));
  }
}

TEST(Frames, TheHostsStackPointerInTheFrameIsNotTrusted) {
  TestHost host;
  InterruptEverywhere observer(host, 1);
  observer.corrupt_stack_pointer = true;
  const Watch scope(observer);
  EXPECT_EQ(host.run(Mode::faults), exited(0));
  EXPECT_EQ(host.wrong_interrupt_exits, 0u);
  EXPECT_GT(observer.injected, 80u);
}

}  // namespace
}  // namespace sgxx::boundary
