// SPDX-License-Identifier: Apache-2.0
//
// The transitions are atomic: an interrupt before any one instruction of EENTER, EEXIT, the AEP or ERESUME, of the microcode and
// of the enclave, changes nothing but the time it takes, and is seen. And an enclave may be entered with anything in its
// registers.
#include <gtest/gtest.h>

#include "device/soft/observer.h"
#include "device/soft/test_enclave_builder.h"

namespace sgxx::device::soft {
namespace {

u64 host_fs_base() {
  u64 base = 0;
  asm volatile("rdfsbase %0" : "=r"(base));
  return base;
}

/// Sets an observer for a scope.
class Watch {
 public:
  explicit Watch(Observer& observer) { set_observer(&observer); }
  ~Watch() { set_observer(nullptr); }
};

/// Lets an interrupt arrive before the `when`-th instruction of an entry. Exception entries are not stepped through.
class InterruptAt final : public Observer {
 public:
  explicit InterruptAt(u64 when) : when_(when) {}
  bool wants_steps() override { return !done(); }
  Step step(ThreadRecord& record, ucontext_t& context) override {
    const u64 here = static_cast<u64>(context.uc_mcontext.gregs[REG_RIP]);
    const bool hit = count_++ == when_;
    if (!hit && done()) return Step::stop;
    has_entered = has_entered || TestEnclave::contains(here);
    if (!hit) return Step::go_on;
    in_enclave = record.tcs != nullptr;
    rip = here;
    return Step::interrupt;
  }
  bool done() const { return count_ > when_; }
  bool in_enclave = false;
  bool has_entered = false;  // the interrupt did not come before the enclave's first instruction
  u64 rip = 0;

 private:
  u64 when_;
  u64 count_ = 0;
};

TEST(Transitions, AnInterruptBeforeAnyInstructionChangesNothing) {
  TestEnclave enclave;
  struct Calls {
    TestEnclave* enclave;
    u64 count = 0;
  } calls{&enclave};
  enclave.device().set_interrupt_handler(
      [](void* raw, int, EnclaveOffset) {
        auto& c = *static_cast<Calls*>(raw);
        ++c.count;
        EXPECT_EQ(c.enclave->enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
      },
      &calls);
  const u64 fs = host_fs_base();
  u64 inside = 0, instructions = 0;
  for (bool more = true; more; ++instructions) {
    const u64 before = calls.count;
    InterruptAt observer(instructions);
    {
      const Watch watch(observer);
      const Exit exit = enclave.enter({TEST_ADD_ONE, 41});
      ASSERT_EQ(exit.kind, Exit::Kind::eexit)
          << "interrupt before instruction " << instructions << " at " << std::hex << observer.rip;
      ASSERT_EQ(exit.registers.rdi, 42u);
    }
    more = observer.done();
    ASSERT_EQ(host_fs_base(), fs);
    // It came back with the TCS free and CSSA = 0.
    ASSERT_EQ(enclave.enter({TEST_ADD_ONE, 1}).registers.rdi, 2u) << "after instruction " << instructions;
    if (observer.in_enclave && enclave.contains(observer.rip)) {
      ++inside;
      ASSERT_EQ(calls.count, before + 1) << "an interrupt inside must be seen, instruction " << instructions;
    }
  }
  EXPECT_GE(inside, 8u);
  EXPECT_GE(instructions, 60u) << "the microcode was stepped through, too";
}

TEST(Transitions, AnInterruptDuringEresumeIsSeen) {
  TestEnclave enclave;
  u64 calls = 0;
  enclave.device().set_interrupt_handler([](void* raw, int, EnclaveOffset) { ++*static_cast<u64*>(raw); }, &calls);
  u64 instructions = 0, seen = 0;
  for (bool more = true; more; ++instructions) {
    ASSERT_EQ(enclave.enter({TEST_LOAD, 8}).kind, Exit::Kind::fault);
    ASSERT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
    const u64 before = calls;
    InterruptAt observer(instructions);
    {
      const Watch watch(observer);
      const Exit exit = enclave.resume();
      ASSERT_EQ(exit.kind, Exit::Kind::eexit)
          << "interrupt before instruction " << instructions << " at " << std::hex << observer.rip;
      ASSERT_EQ(exit.registers.rdi, 0u);
    }
    more = observer.done();
    seen += calls - before;
    if (more && !observer.has_entered) {
      ASSERT_EQ(calls, before + 1) << "before ERESUME is done, an interrupt belongs to the AEP: instruction " << instructions;
    }
    ASSERT_EQ(enclave.enter({TEST_ADD_ONE, 1}).registers.rdi, 2u) << "after instruction " << instructions;
  }
  EXPECT_GE(seen, 30u) << "before ERESUME is done, an interrupt belongs to the AEP";
  EXPECT_GE(instructions, 40u);
}

/// Everything that EENTER leaves to the host is hostile.
class Poison final : public Observer {
 public:
  explicit Poison(u64 value) : value_(value) {}
  bool poison(LoadedState& s, std::span<u8> xsave) override {
    s.rdx = s.r8 = s.r9 = s.r10 = s.r11 = s.r12 = s.r13 = s.r14 = s.r15 = value_;
    s.rsp = s.rbp = value_;
    s.rflags = 0x202 | (value_ & 0x200cd5);  // ID DF OF SF ZF AF PF CF; AC would stay set in the host, as on hardware
    for (size_t i = 160; i < 416; ++i) xsave[i] = static_cast<u8>(value_ >> i % 8 * 8);
    const u64 present = 3;
    std::memcpy(xsave.data() + 512, &present, sizeof present);
    ++entries;
    return true;
  }
  int entries = 0;

 private:
  u64 value_;
};

TEST(Transitions, AnEntryWithPoisonedRegistersWorks) {
  TestEnclave enclave;
  for (u64 value : {u64{0}, ~u64{0}, u64{0x8000000000000000}, TestEnclave::kBase + 0x1800, u64{0x1234}}) {
    Poison poison(value);
    const Watch watch(poison);
    EXPECT_EQ(enclave.enter({TEST_ADD_ONE, 41}).registers.rdi, 42u) << std::hex << value;
    EXPECT_EQ(enclave.enter({TEST_EXIT_TRAPPING, 41}).registers.rdi, 42u) << std::hex << value;
    ASSERT_EQ(enclave.enter({TEST_LOAD, 8}).kind, Exit::Kind::fault);
    EXPECT_EQ(enclave.ssa_gpr(0).r15, value);
    EXPECT_EQ(enclave.ssa_gpr(0).ursp, value);
    EXPECT_EQ(enclave.ssa_gpr(0).rflags & 0x200400, value & 0x200400) << "AEX saves DF and ID as they were";
    EXPECT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
    EXPECT_EQ(enclave.resume().kind, Exit::Kind::eexit);
    EXPECT_EQ(poison.entries, 4);
  }
}

}  // namespace
}  // namespace sgxx::device::soft
