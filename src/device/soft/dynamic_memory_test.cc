// SPDX-License-Identifier: Apache-2.0
//
// EAUG and EACCEPT: a page that was not accepted is of no use, and EACCEPT answers as the SDM says, at a redirected site as at
// one that traps.
#include <gtest/gtest.h>

#include "device/soft/enclave.h"
#include "device/soft/observer.h"
#include "device/soft/test_enclave_builder.h"

namespace sgxx::device::soft {
namespace {

constexpr u64 kPage = TestEnclave::kBase + TestEnclave::kGrowing.begin.value;
constexpr u64 kPending = isa::SecInfo::pending().flags;
constexpr u64 kReg = u64{static_cast<u8>(isa::PageType::reg)} << 8;

/// The two ways to EACCEPT.
class DynamicMemory : public testing::TestWithParam<bool> {
 protected:
  Exit accept(u64 address, u64 flags = kPending) { return test.accept(address, flags, GetParam()); }
  /// EACCEPT that ends with a code; RSP is where it was.
  u64 code_of(u64 address, u64 flags = kPending) {
    const Exit exit = accept(address, flags);
    EXPECT_EQ(exit.kind, Exit::Kind::eexit);
    EXPECT_TRUE(!GetParam() || exit.registers.rsi == 0);
    return exit.registers.rdi;
  }
  /// EACCEPT that faults; the thread is sent on behind it.
  u16 vector_of(u64 address, u64 flags = kPending) {
    const Exit exit = accept(address, flags);
    EXPECT_EQ(exit.kind, Exit::Kind::fault);
    skip(GetParam() ? 16 : 3);
    return exit.vector;
  }
  void skip(u64 length) {
    const u64 place = TestEnclave::kBase + TestEnclave::kSsa + kPageSize - sizeof(isa::SsaGpr) + offsetof(isa::SsaGpr, rip);
    *reinterpret_cast<volatile u64*>(place) = *reinterpret_cast<volatile u64*>(place) + length;
    EXPECT_EQ(test.resume().kind, Exit::Kind::eexit);
  }
  /// True when the enclave can read the word at `address`, which is then zero.
  bool readable(u64 address) {
    const Exit exit = test.enter({TEST_LOAD, address});
    if (exit.kind == Exit::Kind::fault) {
      EXPECT_EQ(exit.vector, isa::vector::pf);
      skip(3);
      return false;
    }
    EXPECT_EQ(exit.registers.rdi, 0u);
    return true;
  }
  Enclave& enclave() { return *enclave_of(test.device()); }
  static EnclaveOffset page(u64 index) { return TestEnclave::kGrowing.begin + index * kPageSize; }

  TestEnclave test;
};
INSTANTIATE_TEST_SUITE_P(Sites, DynamicMemory, testing::Bool(),
                         [](const auto& way) { return way.param ? "redirected" : "trapping"; });

TEST_P(DynamicMemory, APageIsOfNoUseBeforeItIsAccepted) {
  const Exit exit = test.enter({TEST_LOAD, kPage});
  ASSERT_EQ(exit.kind, Exit::Kind::fault);
  constexpr u32 kPresent = 1, kSgx = 0x8000;
  EXPECT_EQ(test.ssa_exinfo(0).errcd & (kPresent | kSgx), kPresent | kSgx) << "the EPCM refuses it, not the page table";
  EXPECT_EQ(test.ssa_exinfo(0).maddr, kPage);
  skip(3);
  EXPECT_EQ(code_of(kPage), 0u);
  EXPECT_TRUE(readable(kPage));
  EXPECT_TRUE(readable(kPage + 4088));
  EXPECT_FALSE(readable(kPage + kPageSize)) << "its neighbour was not accepted";
  EXPECT_EQ(code_of(kPage + kPageSize), 0u);
  EXPECT_TRUE(readable(kPage + kPageSize));
}

TEST_P(DynamicMemory, ASecondAcceptIsAMismatch) {
  EXPECT_EQ(code_of(kPage), 0u);
  EXPECT_EQ(code_of(kPage), static_cast<u64>(isa::SgxError::page_attributes_mismatch));
  EXPECT_TRUE(readable(kPage));
}

TEST_P(DynamicMemory, OtherRightsOrTypesAreAMismatch) {
  constexpr u64 kMismatch = static_cast<u64>(isa::SgxError::page_attributes_mismatch);
  EXPECT_EQ(code_of(kPage, kReg | isa::SecInfo::kPending | 1), kMismatch);
  EXPECT_EQ(code_of(kPage, kReg | isa::SecInfo::kPending | 7), kMismatch);
  EXPECT_EQ(code_of(kPage, kReg | isa::SecInfo::kRestricted | 3), kMismatch) << "it is pending";
  EXPECT_EQ(code_of(kPage, isa::SecInfo::tcs().flags | isa::SecInfo::kModified), kMismatch);
  ASSERT_TRUE(enclave().add_pending(page(1), isa::PageType::ss_rest));
  EXPECT_EQ(code_of(kPage + kPageSize), kMismatch);
  EXPECT_FALSE(readable(kPage));
  EXPECT_EQ(code_of(kPage), 0u);
}

TEST_P(DynamicMemory, WrongOperandsFault) {
  EXPECT_EQ(vector_of(kPage + 8), isa::vector::gp) << "a page begins at a multiple of 4096";
  EXPECT_EQ(vector_of(TestEnclave::kBase + TestEnclave::kSize), isa::vector::gp) << "outside ELRANGE";
  EXPECT_EQ(vector_of(kPage, kReg | 3), isa::vector::gp) << "neither pending nor restricted";
  EXPECT_EQ(vector_of(kPage, kPending | isa::SecInfo::kModified), isa::vector::gp);
  EXPECT_EQ(vector_of(kPage, kPending | 0x40), isa::vector::gp) << "a reserved bit";
  EXPECT_EQ(vector_of(kPage, u64{static_cast<u8>(isa::PageType::trim)} << 8 | isa::SecInfo::kPending), isa::vector::gp);
  EXPECT_EQ(vector_of(TestEnclave::kBase + 0x8000), isa::vector::pf) << "nothing is ever added there";
  EXPECT_EQ(code_of(kPage), 0u);
}

TEST_P(DynamicMemory, AHostThatAddsNothingIsSeen) {
  enclave().withhold(TestEnclave::kGrowing);
  EXPECT_EQ(vector_of(kPage), isa::vector::pf);
  ASSERT_TRUE(enclave().add_pending(page(0)));
  EXPECT_FALSE(readable(kPage));
  EXPECT_EQ(code_of(kPage), 0u);
  EXPECT_TRUE(readable(kPage));
  EXPECT_FALSE(enclave().add_pending(page(0))) << "it is there";
}

TEST_P(DynamicMemory, APageThatWasRemovedAndAddedAgainIsPending) {
  EXPECT_EQ(code_of(kPage), 0u);
  EXPECT_TRUE(readable(kPage));
  ASSERT_TRUE(enclave().remove(page(0)));
  EXPECT_FALSE(readable(kPage));
  ASSERT_TRUE(enclave().add_pending(page(0)));
  EXPECT_FALSE(readable(kPage)) << "not before the enclave accepts it again";
  EXPECT_FALSE(enclave().remove(EnclaveOffset(TestEnclave::kData))) << "EADD's pages are not EAUG's";
}

TEST_P(DynamicMemory, PageTablesTakeRightsAway) {
  EXPECT_EQ(code_of(kPage), 0u);
  EXPECT_EQ(code_of(kPage + kPageSize), 0u);
  ASSERT_TRUE(test.device().protect({page(1), 2 * kPageSize}, Permission::none()));
  EXPECT_TRUE(readable(kPage));
  EXPECT_FALSE(readable(kPage + kPageSize));
  EXPECT_EQ(code_of(kPage + 2 * kPageSize), 0u) << "rights are no concern of EACCEPT's";
  EXPECT_FALSE(readable(kPage + 2 * kPageSize));
  ASSERT_TRUE(test.device().protect({page(1), 2 * kPageSize}, Permission::r()));
  EXPECT_TRUE(readable(kPage + kPageSize));
  EXPECT_TRUE(readable(kPage + 2 * kPageSize));
  EXPECT_FALSE(test.device().protect({page(0), kPageSize}, Permission::rx()));
}

/// An interrupt before the `when`-th instruction of an entry.
class InterruptAt final : public Observer {
 public:
  explicit InterruptAt(u64 when) : when_(when) {}
  bool wants_steps() override { return !done(); }
  Step step(ThreadRecord&, ucontext_t&) override {
    if (done()) return Step::stop;
    return count_++ == when_ ? Step::interrupt : Step::go_on;
  }
  bool done() const { return count_ > when_; }

 private:
  u64 when_;
  u64 count_ = 0;
};

TEST_P(DynamicMemory, AnInterruptAtAnyInstructionChangesNothing) {
  test.device().set_interrupt_handler(
      [](void* raw, int, EnclaveOffset) {
        EXPECT_EQ(static_cast<TestEnclave*>(raw)->enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
      },
      &test);
  u64 instructions = 0;
  for (bool more = true; more; ++instructions) {
    InterruptAt observer(instructions);
    set_observer(&observer);
    EXPECT_EQ(code_of(kPage), 0u) << "interrupt before instruction " << instructions;
    set_observer(nullptr);
    more = observer.done();
    ASSERT_TRUE(enclave().remove(page(0)));
    ASSERT_TRUE(enclave().add_pending(page(0)));
    if (GetParam() && instructions % 2 == 0) {  // a page that the fast path takes, and one that it leaves to the handler
      ASSERT_TRUE(enclave().remove(page(0)));
      enclave().let_grow({page(0), kPageSize});
    }
  }
  EXPECT_GT(instructions, 50u);
}

}  // namespace
}  // namespace sgxx::device::soft
