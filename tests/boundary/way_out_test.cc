// SPDX-License-Identifier: Apache-2.0
//
// Duty A12 towards the program: another thread's signal may arrive before any instruction that the runtime executes for a system
// call or an emulated instruction, its last one included. The handler runs right behind it. A signal that were only seen at the
// next system call would be lost to a program that makes none.
#include <gtest/gtest.h>

#include "boundary/stepper.h"
#include "boundary/test_host.h"
#include "enclave/thread_block.h"

namespace sgxx::boundary {
namespace {

struct Service {
  char letter;        ///< Mode::promptly's argument
  const char* entry;  ///< where the program enters the runtime
  u64 rax;            ///< with which the program arrives there
  const char* from;   ///< the first instruction at which signals arrive
};

/// Does what the runtime does for another thread's tgkill, before one instruction on the way from the program's entry into the
/// runtime to its return.
class SignalFromAnotherThread : public Stepper {
 public:
  SignalFromAnotherThread(TestHost& host, const Service& service, u64 turn)
      : block_(*reinterpret_cast<enclave::ThreadBlock*>(host.block(0))),
        entry_(host.symbol(service.entry)),
        begin_(host.symbol("runtime_text_begin")),
        end_(host.symbol("runtime_text_end")),
        from_(host.symbol(service.from)),
        rax_(service.rax),
        turn_(turn) {}

  Step visit(ThreadRecord& record, ucontext_t& context, u64 rip) override {
    if (sent || over_ || record.tcs->cssa != 0) return Step::go_on;
    if (rip == entry_ && reg(context, REG_RAX) == rax_) inside_ = true;
    if (inside_ && rip == from_) counting_ = true;
    if (!counting_) return Step::go_on;
    over_ = rip < begin_ || rip >= end_;
    if (over_ || seen_++ != turn_) return Step::go_on;
    sent = true;
    constexpr u32 kUser1 = 10;
    block_.signals.pending.set.fetch_or(enclave::sig::bit(kUser1));
    block_.signal_pending.store(1);
    return Step::interrupt;
  }

  bool sent = false;

 private:
  enclave::ThreadBlock& block_;
  u64 entry_, begin_, end_, from_, rax_, turn_, seen_ = 0;
  bool inside_ = false, counting_ = false, over_ = false;
};

/// Sends at every instruction of one service; how many there were.
u64 send_at_each_instruction(const Service& service, bool rewrite) {
  constexpr u64 kMost = 5000;
  for (u64 turn = 0; turn < kMost; ++turn) {
    GuestOptions options;
    options.rewrite = rewrite;
    TestHost host(kProbe, options);
    SignalFromAnotherThread observer(host, service, turn);
    const Watch scope(observer);
    const Ending ending = host.run({"probe", std::string(1, static_cast<char>(Mode::promptly)), std::string(1, service.letter)});
    if (!observer.sent) return turn;
    EXPECT_EQ(ending, exited(0)) << "2: the service's result is wrong, 3: no handler ran; instruction " << turn;
    EXPECT_EQ(host.wrong_interrupt_exits, 0u);
    if (::testing::Test::HasFailure()) return 0;
  }
  return kMost;
}

TEST(WayOut, OfASystemCallServedInside) {
  for (bool rewrite : {false, true})
    EXPECT_GT(send_at_each_instruction({'g', "runtime_syscall", 39, "runtime_syscall"}, rewrite), 50u);
}

TEST(WayOut, OfASystemCallThatLeftTheEnclave) {
  EXPECT_GT(send_at_each_instruction({'y', "runtime_syscall", 24, "syscall_exit"}, true), 30u);
}

TEST(WayOut, OfAnEmulatedInstruction) {
  EXPECT_GT(send_at_each_instruction({'c', "runtime_cpuid", 0, "runtime_cpuid"}, true), 50u);
}

}  // namespace
}  // namespace sgxx::boundary
