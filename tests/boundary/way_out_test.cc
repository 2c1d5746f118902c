// SPDX-License-Identifier: Apache-2.0
//
// Duty A12 towards the program: another thread's signal may arrive before any instruction that is executed for a system call or
// an emulated instruction, in its stub or in the runtime, the last one included. The handler runs at once, or right behind it. A
// signal that were only seen at the next system call would be lost to a program that makes none. What the handler sees of the
// interrupted program is an address of the program, never one of a stub, and returning from it goes on as if nothing had been.
#include <gtest/gtest.h>

#include "boundary/stepper.h"
#include "boundary/test_host.h"
#include "enclave/thread_block.h"

namespace sgxx::boundary {
namespace {

/// Does what the runtime does for another thread's tgkill, before one of the instructions that are executed for the first service
/// behind sigaction, from `from` on.
class SignalFromAnotherThread : public Stepper {
 public:
  SignalFromAnotherThread(TestHost& host, const char* from, u64 turn)
      : block_(*reinterpret_cast<enclave::ThreadBlock*>(host.block(0))),
        entry_(host.symbol("runtime_syscall")),
        begin_(host.symbol("runtime_text_begin")),
        end_(host.symbol("runtime_text_end")),
        from_(from != nullptr ? host.symbol(from) : 0),
        stubs_(host.guest().built.config.stubs),
        turn_(turn) {}

  Step visit(ThreadRecord& record, ucontext_t& context, u64 rip) override {
    if (sent || record.tcs->cssa != 0 || !is_counted(context, rip) || seen_++ != turn_) return Step::go_on;
    sent = true;
    in_stub = in_stubs(rip);
    constexpr u32 kUser1 = 10;
    block_.signals.pending.set.fetch_or(enclave::sig::bit(kUser1));
    block_.signal_pending.store(1);
    return Step::interrupt;
  }

  bool sent = false, in_stub = false;

 private:
  bool in_stubs(u64 rip) const { return rip >= stubs_.offset && rip < stubs_.end(); }

  bool is_counted(const ucontext_t& context, u64 rip) {
    constexpr u64 kSigaction = 13;
    const bool served = (rip >= begin_ && rip < end_) || in_stubs(rip);
    if (state_ == State::before && rip == entry_ && reg(context, REG_RAX) == kSigaction) state_ = State::in_sigaction;
    if (state_ == State::in_sigaction && !served) state_ = State::between;
    if (state_ == State::between && served) state_ = State::served;
    if (state_ == State::served && !served) state_ = State::over;
    if (state_ != State::served) return false;
    if (rip == from_) from_ = 0;
    return from_ == 0;
  }

  enclave::ThreadBlock& block_;
  u64 entry_, begin_, end_, from_;
  abi::Region stubs_;
  u64 turn_, seen_ = 0;
  enum class State { before, in_sigaction, between, served, over } state_ = State::before;
};

struct Seen {
  u64 instructions = 0, in_stubs = 0;
};

/// Sends at each instruction of one service, which Mode::promptly knows by `letter`.
Seen send_at_each_instruction(char letter, const char* from, bool rewrite) {
  constexpr u64 kMost = 5000;
  Seen seen;
  for (; seen.instructions < kMost; ++seen.instructions) {
    GuestOptions options;
    options.rewrite = rewrite;
    TestHost host(kProbe, options);
    SignalFromAnotherThread observer(host, from, seen.instructions);
    observer.on = false;
    host.on_call = [&](u32, const abi::HostCall& call) -> std::optional<i64> {
      observer.on = observer.on || call.number == static_cast<u64>(abi::HostCallNumber::yield);
      return std::nullopt;
    };
    const Watch scope(observer);
    const Ending ending = host.run({"probe", std::string(1, static_cast<char>(Mode::promptly)), std::string(1, letter)});
    if (!observer.sent) break;
    seen.in_stubs += observer.in_stub;
    EXPECT_EQ(ending, exited(0)) << "2: the service's result is wrong, 3: no handler ran, 5: the address of a stub was shown; "
                                 << "instruction " << seen.instructions << (observer.in_stub ? ", in a stub" : "");
    EXPECT_EQ(host.wrong_interrupt_exits, 0u);
    if (::testing::Test::HasFailure()) break;
  }
  return seen;
}

TEST(WayOut, OfASystemCallServedInside) {
  const Seen trapped = send_at_each_instruction('g', nullptr, false);
  EXPECT_GT(trapped.instructions, 50u);
  const Seen redirected = send_at_each_instruction('g', nullptr, true);
  EXPECT_GT(redirected.instructions, 50u);
  EXPECT_GE(redirected.in_stubs, 3u);
}

TEST(WayOut, OfASystemCallThatLeftTheEnclave) {
  EXPECT_GT(send_at_each_instruction('y', "syscall_exit", true).instructions, 30u);
}

TEST(WayOut, OfAnEmulatedInstruction) {
  const Seen seen = send_at_each_instruction('c', nullptr, true);
  EXPECT_GT(seen.instructions, 50u);
  EXPECT_GE(seen.in_stubs, 3u);
}

}  // namespace
}  // namespace sgxx::boundary
