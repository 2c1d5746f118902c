// SPDX-License-Identifier: Apache-2.0
//
// A tiny enclave (test_enclave.S) on the software SGX: every way in and out, with the state that each owes.
#include <gtest/gtest.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <thread>
#include <vector>

#include "device/soft/records.h"
#include "device/soft/test_enclave.h"
#include "device/soft/test_enclave_builder.h"

namespace sgxx::device::soft {
namespace {

TEST(SoftDevice, EntersAndLeaves) {
  TestEnclave enclave;
  const Exit exit = enclave.enter({TEST_ADD_ONE, 41});
  EXPECT_EQ(exit.kind, Exit::Kind::eexit);
  EXPECT_EQ(exit.registers.rdi, 42u);
}

TEST(SoftDevice, EnclaveHasItsOwnSegmentBases) {
  TestEnclave enclave;
  const Exit exit = enclave.enter({TEST_BASES});
  EXPECT_EQ(exit.registers.rdi, TestEnclave::kBase + TestEnclave::kData);
  EXPECT_EQ(exit.registers.rsi, TestEnclave::kBase + TestEnclave::kData);
}

TEST(SoftDevice, ServesAnEexitThatWasNotRedirected) {
  TestEnclave enclave;
  EXPECT_EQ(enclave.enter({TEST_EXIT_TRAPPING, 1}).registers.rdi, 2u);
  EXPECT_EQ(enclave.enter({TEST_ADD_ONE, 1}).registers.rdi, 2u);
}

TEST(SoftDevice, PageFaultIsReportedWithExinfo) {
  TestEnclave enclave;
  const u64 wild = TestEnclave::kBase + 0x8123;
  const Exit exit = enclave.enter({TEST_LOAD, wild});
  ASSERT_EQ(exit.kind, Exit::Kind::fault);
  EXPECT_EQ(exit.vector, isa::vector::pf);
  EXPECT_EQ(exit.address, wild & ~u64{0xfff});
  const auto gpr = enclave.ssa_gpr(0);
  EXPECT_EQ(gpr.exit_info.value, isa::ExitInfo::hardware_exception(isa::vector::pf).value);
  EXPECT_EQ(gpr.rsi, wild);
  EXPECT_EQ(gpr.rflags & 0x100, 0u);
  const auto info = enclave.ssa_exinfo(0);
  EXPECT_EQ(info.maddr, wild);
  EXPECT_EQ(info.errcd & 0x1f, 4u);
  // The exception handler steps over the load, and the thread goes on.
  EXPECT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
  const Exit resumed = enclave.resume();
  EXPECT_EQ(resumed.kind, Exit::Kind::eexit);
  EXPECT_EQ(resumed.registers.rdi, 0u);
}

TEST(SoftDevice, SystemCallIsAnInvalidOpcode) {
  TestEnclave enclave;
  const Exit exit = enclave.enter({TEST_SYSCALL});
  ASSERT_EQ(exit.kind, Exit::Kind::fault);
  EXPECT_EQ(exit.vector, isa::vector::ud);
  EXPECT_EQ(enclave.ssa_gpr(0).exit_info.value, isa::ExitInfo::hardware_exception(isa::vector::ud).value);
  EXPECT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
  EXPECT_EQ(enclave.resume().registers.rdi, 39u) << "the instruction must not have been executed";
}

TEST(SoftDevice, GeneralProtectionHasNoAddress) {
  TestEnclave enclave;
  const Exit exit = enclave.enter({TEST_LOAD, u64{1} << 63});
  ASSERT_EQ(exit.kind, Exit::Kind::fault);
  EXPECT_EQ(exit.vector, isa::vector::gp);
  EXPECT_EQ(exit.address, 0u);
  EXPECT_EQ(enclave.ssa_gpr(0).exit_info.value, isa::ExitInfo::hardware_exception(isa::vector::gp).value);
  EXPECT_EQ(enclave.ssa_exinfo(0).maddr, 0u);
  EXPECT_EQ(enclave.ssa_exinfo(0).errcd, 0u);
}

TEST(SoftDevice, Int3IsAFaultAndAnInvalidOpcode) {
  TestEnclave enclave;
  ASSERT_EQ(enclave.enter({TEST_INT3, 5}).vector, isa::vector::ud);
  const u64 rip = enclave.ssa_gpr(0).rip;
  EXPECT_EQ(*reinterpret_cast<const u8*>(rip), 0xcc) << "RIP is that of INT3, not behind it";
  EXPECT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
  EXPECT_EQ(enclave.resume().kind, Exit::Kind::eexit);
}

TEST(SoftDevice, EresumeRefusesAStateThatCannotBeLoaded) {
  TestEnclave enclave;
  ASSERT_EQ(enclave.enter({TEST_LOAD, 8}).kind, Exit::Kind::fault);
  ASSERT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
  const auto corrupt = [&](u64 offset, u64 value) {
    auto* at = reinterpret_cast<volatile u64*>(TestEnclave::kBase + TestEnclave::kSsa + offset);
    const u64 good = *at;
    *at = value;
    EXPECT_EQ(enclave.resume().kind, Exit::Kind::refused) << "offset " << offset;
    *at = good;
  };
  corrupt(512, u64{1} << 9);                     // a component beyond XFRM
  corrupt(520, u64{1} << 63);                    // the compacted format
  corrupt(528, 1);                               // reserved bytes of the header
  corrupt(24, 0xffff0000);                       // reserved bits of MXCSR
  corrupt(kPageSize - 184 + 136, u64{1} << 63);  // RIP is not canonical
  EXPECT_EQ(enclave.resume().kind, Exit::Kind::eexit) << "and a good state still loads";
}

TEST(SoftDevice, ReportAndKeyRequestsFaultOnBadOperands) {
  TestEnclave enclave;
  const u64 data = TestEnclave::kBase + TestEnclave::kData;
  const auto vector_of = [&](isa::Enclu leaf, u64 rbx, u64 rcx, u64 rdx) -> int {
    enclave.data(4) = rbx;
    enclave.data(5) = rcx;
    enclave.data(6) = rdx;
    const Exit exit = enclave.enter({TEST_LEAF, static_cast<u64>(leaf)});
    return exit.kind == Exit::Kind::fault ? exit.vector : -1;
  };
  EXPECT_EQ(vector_of(isa::Enclu::egetkey, data + 0x400, data + 0x600, 0), -1);
  EXPECT_EQ(vector_of(isa::Enclu::egetkey, data + 0x440, data + 0x600, 0), isa::vector::gp) << "KEYREQUEST is not 512-aligned";
  TestEnclave::forget_fault(enclave);
  EXPECT_EQ(vector_of(isa::Enclu::egetkey, data + 0x400, data + 0x608, 0), isa::vector::gp) << "the key is not 16-aligned";
  TestEnclave::forget_fault(enclave);
  EXPECT_EQ(vector_of(isa::Enclu::egetkey, data + 0x400, TestEnclave::kBase, 0), isa::vector::pf) << "code is not writable";
  TestEnclave::forget_fault(enclave);
  alignas(512) static u8 outside[512];
  EXPECT_EQ(vector_of(isa::Enclu::ereport, address_of(outside), data + 0x600, data + 0x800), isa::vector::gp)
      << "outside ELRANGE";
  TestEnclave::forget_fault(enclave);
  EXPECT_EQ(vector_of(isa::Enclu::ereport, data + 0x400, data + 0x640, data + 0x800), isa::vector::gp)
      << "REPORTDATA is not 128-aligned";
  TestEnclave::forget_fault(enclave);
  EXPECT_EQ(vector_of(isa::Enclu::eenter, data, data, data), isa::vector::gp) << "EENTER inside";
}

TEST(SoftDeviceDeathTest, AFaultOfTheHostIsTheHostsOwn) {
#ifdef __SANITIZE_ADDRESS__
  GTEST_SKIP() << "the sanitizer's own handlers get the fault back";
#endif
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(
      {
        TestEnclave enclave;
        asm volatile("movl $1, 8" ::: "memory");
      },
      testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EXIT(
      {
        TestEnclave enclave;
        __builtin_trap();
      },
      testing::KilledBySignal(SIGILL), "");
}

TEST(SoftDevice, CpuidIsAnInvalidOpcodeAndWorksOutside) {
  if (::syscall(SYS_arch_prctl, 0x1012, 1) != 0) GTEST_SKIP() << "this processor has no CPUID faulting";
  std::thread([] {  // CPUID faulting stays with the thread
    TestEnclave enclave({.trap_cpuid = true});
    const Exit exit = enclave.enter({TEST_CPUID});
    ASSERT_EQ(exit.kind, Exit::Kind::fault);
    EXPECT_EQ(exit.vector, isa::vector::ud);
    EXPECT_EQ(enclave.ssa_gpr(0).exit_info.value, isa::ExitInfo::hardware_exception(isa::vector::ud).value);
    EXPECT_EQ(enclave.enter({}).registers.rdi, u64{TEST_ANSWER_RESUME});
    EXPECT_EQ(enclave.resume().registers.rdi, 0u);
    u32 a = 0, b = 0, c = 0, d = 0;
    asm volatile("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    EXPECT_GE(a, 0xdu);
  })
      .join();
}

TEST(SoftDevice, TheTimeStampCounterCanBeRefused) {
  std::thread([] {
    TestEnclave enclave({.trap_tsc = true});
    const auto before = std::chrono::steady_clock::now();
    const Exit exit = enclave.enter({TEST_RDTSC});
    ASSERT_EQ(exit.kind, Exit::Kind::fault);
    EXPECT_EQ(exit.vector, isa::vector::ud);
    EXPECT_LE(before, std::chrono::steady_clock::now()) << "the host's clock goes on";
  }).join();
}

TEST(SoftDevice, RefusesWhatTheProcessorRefuses) {
  TestEnclave enclave;
  EXPECT_EQ(enclave.device().enter(isa::Enclu::eresume, TestEnclave::tcs(), {}).kind, Exit::Kind::refused) << "CSSA = 0";
  EXPECT_EQ(enclave.device().enter(isa::Enclu::eenter, EnclaveOffset(TestEnclave::kCode), {}).kind, Exit::Kind::refused)
      << "no TCS";
  EXPECT_EQ(enclave.device().enter(isa::Enclu::eexit, TestEnclave::tcs(), {}).kind, Exit::Kind::refused);
  ASSERT_EQ(enclave.enter({TEST_LOAD, 0}).kind, Exit::Kind::fault);
  ASSERT_EQ(enclave.enter({TEST_LOAD, 0}).kind, Exit::Kind::eexit) << "CSSA = 1";
}

TEST(SoftDevice, SignalsAreInvisibleToTheEnclave) {
  TestEnclave enclave;
  std::atomic<bool> running{true};
  std::atomic<u64> sent{0};
  const pthread_t target = pthread_self();
  std::thread storm([&] {
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(500);
    while (std::chrono::steady_clock::now() < end) {
      pthread_kill(target, SIGUSR1);
      ++sent;
    }
    enclave.data(0) = 1;
    while (running) {
      pthread_kill(target, SIGUSR1);
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  });
  const Exit exit = enclave.enter({TEST_SPIN});
  running = false;
  storm.join();
  EXPECT_EQ(exit.kind, Exit::Kind::eexit);
  EXPECT_EQ(exit.registers.rdi, 1u) << "general and vector registers disagree";
  EXPECT_EQ(enclave.data_at(-64), enclave.data(1)) << "x87 disagrees";
  EXPECT_GT(sent, 1000u);
}

TEST(SoftDevice, TransitionsSurviveAStorm) {
  TestEnclave enclave;
  std::atomic<bool> running{true};
  const pthread_t target = pthread_self();
  std::thread storm([&] {
    while (running) pthread_kill(target, SIGUSR1);
  });
  u64 wrong = 0;
  for (u64 i = 0; i < 300000; ++i) {
    const Exit exit = enclave.enter({TEST_ADD_ONE, i});
    if (exit.kind != Exit::Kind::eexit || exit.registers.rdi != i + 1) ++wrong;
  }
  running = false;
  storm.join();
  EXPECT_EQ(wrong, 0u);
}

TEST(SoftDevice, InterruptsReachTheHandlerAndTheEnclave) {
  TestEnclave enclave;
  struct Context {
    TestEnclave* enclave;
    u64 calls = 0;
  } context{&enclave};
  enclave.device().set_interrupt_handler(
      [](void* raw, int, EnclaveOffset tcs) {
        auto& c = *static_cast<Context*>(raw);
        ++c.calls;
        EXPECT_EQ(c.enclave->device().enter(isa::Enclu::eenter, tcs, {}).registers.rdi, u64{TEST_ANSWER_RESUME});
      },
      &context);
  const pthread_t target = pthread_self();
  std::thread other([&] {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(enclave.device().interrupt(target).ok());
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    enclave.data(0) = 1;
  });
  const Exit exit = enclave.enter({TEST_SPIN});
  other.join();
  EXPECT_EQ(exit.registers.rdi, 1u);
  EXPECT_GT(context.calls, 0u);
  EXPECT_EQ(enclave.data(2), context.calls) << "each call entered the enclave at CSSA = 1";
}

TEST(SoftDevice, ABusyTcsIsRefused) {
  TestEnclave enclave;
  std::thread inside([&] {
    ASSERT_TRUE(enclave.device().attach_thread().ok());
    EXPECT_EQ(enclave.device().enter(isa::Enclu::eenter, TestEnclave::tcs(), {TEST_SPIN}).registers.rdi, 1u);
  });
  while (enclave.data(1) == 0) std::this_thread::yield();
  EXPECT_EQ(enclave.enter({TEST_ADD_ONE}).kind, Exit::Kind::refused);
  enclave.data(0) = 1;
  inside.join();
}

TEST(SoftDevice, ARoundTripIsFast) {
  TestEnclave enclave;
  constexpr int kRounds = 200000;
  auto best = std::chrono::nanoseconds::max();
  for (int attempt = 0; attempt < 5; ++attempt) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kRounds; ++i) enclave.enter({TEST_ADD_ONE, 1});
    best = std::min(best, std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begin));
  }
  RecordProperty("nanoseconds", static_cast<int>(best.count() / kRounds));
  EXPECT_LT(best.count() / kRounds, 1000) << "nanoseconds for EENTER and EEXIT: a redirected site must not trap";
}

}  // namespace
}  // namespace sgxx::device::soft
