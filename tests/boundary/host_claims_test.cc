// SPDX-License-Identifier: Apache-2.0
//
// Duties A14, A17 to A19, B3, B10: what the host says of faults, processors, clocks and arguments, and a processor without random
// numbers.
#include <gtest/gtest.h>

#include "boundary/stepper.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

using abi::AbortReason;
using abi::HostCallNumber;

/// Interrupts the program (not the runtime) now and then; the exception entry that follows claims nothing, but a runtime that
/// believed the host would see whatever the host likes to call it.
class InterruptProgram : public Stepper {
 public:
  InterruptProgram(TestHost& host, bool forge_exinfo)
      : host_(host), begin_(host.symbol("runtime_text_begin")), end_(host.symbol("runtime_text_end")), forge_(forge_exinfo) {}

  Step visit(ThreadRecord& record, ucontext_t&, u64 rip) override {
    if ((rip >= begin_ && rip < end_) || instructions % 97 != 0 || rip == last_) return Step::go_on;
    last_ = rip;
    ++injected;
    if (forge_) {
      // Left over from an earlier fault: only EXITINFO.VALID says that it means something.
      auto* info = reinterpret_cast<isa::ExInfo*>(record.tcs->gpr - sizeof(isa::ExInfo));
      *info = {0x4141414141414141, 7, 0};
    }
    return Step::interrupt;
  }
  u64 injected = 0;

 private:
  TestHost& host_;
  u64 begin_, end_, last_ = 0;
  bool forge_;
};

TEST(HostClaims, FaultsThatDidNotHappenReachNoHandler) {
  for (bool forge : {false, true}) {
    TestHost host;
    InterruptProgram observer(host, forge);
    const Watch scope(observer);
    EXPECT_EQ(host.run(Mode::calls), exited(0)) << "3: a handler for SIGSEGV, SIGILL or SIGFPE ran";
    EXPECT_GT(observer.injected, 20u);
    EXPECT_EQ(host.wrong_interrupt_exits, 0u);
  }
}

TEST(HostClaims, AnExceptionIsHandledOnce) {
  TestHost host;
  host.write_start_info({"probe", "f"});
  device::Exit exit = host.start(0);
  u64 faults = 0;
  while (exit.kind == device::Exit::Kind::fault || exit.registers.rdi == SGXX_EXIT_HOST_CALL) {
    if (exit.kind == device::Exit::Kind::fault) {
      ++faults;
      // Three exception entries for one fault, with claims in the registers.
      for (u64 claim : {u64{0}, u64{14}, u64{6}}) {
        const device::Exit handled = host.enter(0, claim, 0x1234);
        ASSERT_EQ(handled.kind, device::Exit::Kind::eexit);
        ASSERT_EQ(handled.registers.rdi, u64{SGXX_EXIT_RESUME});
      }
      exit = host.resume(0);
      continue;
    }
    const abi::HostCall call = host.areas[0]->call;
    if (call.number == static_cast<u64>(HostCallNumber::exit)) {
      EXPECT_EQ(call.args[0], 0u) << "the guest's check that failed";
      break;
    }
    host.areas[0]->reply = host.serve(0);
    exit = host.give_back(0);
  }
  EXPECT_GT(faults, 10u);
}

/// Clocks that lie. The program sees time that never runs backwards.
TEST(HostClaims, ClocksThatLieNeverRunBackwardsInside) {
  constexpr i64 kCentury = 100ll * 365 * 86400 * 1'000'000'000;
  const std::vector<std::function<i64(i64)>> lies = {
      [](i64 n) { return 1'000'000'000 - n * 1000; },
      [](i64) { return i64{5}; },
      [](i64) { return i64{0}; },
      [](i64) { return i64{-1}; },
      [](i64 n) { return n % 2 == 0 ? i64{10} : kCentury; },
      [](i64 n) { return n == 20 ? kCentury : n; },
      [](i64 n) { return n % 3 == 0 ? std::numeric_limits<i64>::max() : n; },
      [](i64 n) { return n % 2 == 0 ? std::numeric_limits<i64>::min() : n * 1'000'000'000; },
  };
  for (size_t i = 0; i < lies.size(); ++i) {
    TestHost host;
    i64 calls = 0;
    host.on_call = [&](u32, const abi::HostCall& call) -> std::optional<i64> {
      if (call.number != static_cast<u64>(HostCallNumber::clock_read)) return std::nullopt;
      return lies[i](calls++);
    };
    EXPECT_EQ(host.run(Mode::clocks), exited(0)) << "lie " << i;
    EXPECT_GT(calls, 2) << "lie " << i;
  }
}

constexpr u64 kTerm = 15;

/// What the host answers when it is asked which signal came. The manifest admits one.
Ending run_with_answers(const std::function<i64(u64 asked)>& answer, Mode mode, u64& asked) {
  TestHost host(kProbe, {.signals = u64{1} << (kTerm - 1)});
  asked = 0;
  host.on_call = [&](u32, const abi::HostCall& call) -> std::optional<i64> {
    const bool attends = call.number == static_cast<u64>(HostCallNumber::attend);
    host.areas[0]->attention = attends ? 0 : 1;  // always 1 would keep the thread looking for ever
    if (!attends) return std::nullopt;
    return answer(asked++);
  };
  return host.run(mode);
}

TEST(HostClaims, ASignalThatIsNotAdmittedEndsTheEnclave) {
  u64 asked = 0;
  constexpr i64 kLeast = std::numeric_limits<i64>::min(), kMost = std::numeric_limits<i64>::max();
  for (i64 answer : {i64{-1}, i64{1}, i64{4}, i64{9}, i64{11}, i64{14}, i64{16}, i64{19}, i64{64}, i64{65}, i64{15 + 64},
                     i64{15} << 32, kLeast, kMost}) {
    EXPECT_EQ(run_with_answers([answer](u64) { return answer; }, Mode::quiet, asked), aborted(AbortReason::bad_host_reply))
        << answer;
  }
  // The default action of the one that is.
  EXPECT_EQ(run_with_answers([](u64) { return kTerm; }, Mode::quiet, asked), signaled(kTerm));
  // Each time it is told to look it takes one of each of the 64 signals at most; two host calls told it.
  EXPECT_LE(asked, 2 * 64u) << "the host kept the thread";
  EXPECT_EQ(run_with_answers([](u64) { return 0; }, Mode::calls, asked), exited(0));
  EXPECT_GT(asked, 1u) << "the program was told to look and did not";
}

TEST(HostClaims, WithoutAdmissionNobodyLooksForSignals) {
  TestHost host;
  u64 asked = 0;
  host.on_call = [&](u32, const abi::HostCall& call) -> std::optional<i64> {
    host.areas[0]->attention = ~u32{0};
    if (call.number != static_cast<u64>(HostCallNumber::attend)) return std::nullopt;
    ++asked;
    return kTerm;
  };
  EXPECT_EQ(host.run(Mode::calls), exited(0));
  EXPECT_EQ(asked, 0u);
}

/// RDRAND with CF = 0, or a constant.
class BadRandom : public Stepper {
 public:
  BadRandom(u64 failures, std::optional<u64> constant) : failures_(failures), constant_(constant) {}
  u64 asked = 0;

 protected:
  bool random(u64& value) override {
    ++asked;
    if (failures_ != 0) return --failures_, false;
    Stepper::random(value);
    if (constant_) value = *constant_;
    return true;
  }

 private:
  u64 failures_;
  std::optional<u64> constant_;
};

Ending run_with(BadRandom& random) {
  TestHost host;
  const Watch scope(random);
  return host.run(Mode::quiet);
}

TEST(HostClaims, RandomnessIsRetriedTenTimesAndNoMore) {
  for (u64 failures : {1u, 9u}) {
    BadRandom random(failures, std::nullopt);
    EXPECT_EQ(run_with(random), exited(0)) << failures << " failures";
  }
  for (u64 failures : {u64{10}, u64{11}, ~u64{0}}) {
    BadRandom random(failures, std::nullopt);
    EXPECT_EQ(run_with(random), aborted(AbortReason::no_randomness)) << failures << " failures";
    EXPECT_EQ(random.asked, 10u);
  }
}

TEST(HostClaims, RandomnessThatRepeatsIsRefused) {
  for (u64 constant : {u64{0}, ~u64{0}, u64{0x1234567812345678}}) {
    BadRandom random(0, constant);
    EXPECT_EQ(run_with(random), aborted(AbortReason::no_randomness)) << std::hex << constant;
  }
}

abi::CpuidEntry& leaf(TestHost& host, u32 number, u32 subleaf = 0) {
  for (abi::CpuidEntry& entry : host.start_info().cpuid)
    if (entry.leaf == number && entry.subleaf == subleaf) return entry;
  ADD_FAILURE() << "this processor has no CPUID leaf " << number;
  return host.start_info().cpuid[0];
}

AbortReason start_with(const std::function<void(TestHost&)>& change) {
  TestHost host;
  host.write_start_info({"probe", "q"});
  change(host);
  const device::Exit exit = host.start(0);
  return exit.registers.rdi == SGXX_EXIT_ABORT ? static_cast<AbortReason>(exit.registers.rsi) : AbortReason{};
}

TEST(HostClaims, ACpuidTableThatContradictsTheEnclaveIsRefused) {
  EXPECT_EQ(start_with([](TestHost&) {}), AbortReason{});
  const std::vector<std::function<void(TestHost&)>> lies = {
      [](TestHost& h) { leaf(h, 1).ecx &= ~(1u << 25); },  // AES
      [](TestHost& h) { leaf(h, 1).ecx &= ~(1u << 30); },  // RDRAND
      [](TestHost& h) { leaf(h, 1).ecx &= ~(1u << 26); },  // XSAVE
      [](TestHost& h) { leaf(h, 1).edx &= ~(1u << 26); },  // SSE2
      [](TestHost& h) { leaf(h, 7).ebx &= ~1u; },  // FSGSBASE
      [](TestHost& h) { leaf(h, 0xd).eax = 0; },  // less than XFRM
      [](TestHost& h) { leaf(h, 0xd, 1).eax &= ~2u; },  // XSAVEC
      [](TestHost& h) { leaf(h, 1).leaf = 0x7777; },      [](TestHost& h) { leaf(h, 0).leaf = 0x7777; },
      [](TestHost& h) { leaf(h, 0xd).leaf = 0x7777; },    [](TestHost& h) { h.start_info().cpuid_count = 0; },
  };
  for (size_t i = 0; i < lies.size(); ++i) EXPECT_EQ(start_with(lies[i]), AbortReason::bad_cpuid) << "lie " << i;
}

TEST(HostClaims, StartInformationThatIsMalformedIsRefused) {
  const std::vector<std::function<void(TestHost&)>> lies = {
      [](TestHost& h) { h.start_info().magic ^= 1; },
      [](TestHost& h) { ++h.start_info().abi_version; },
      [](TestHost& h) { h.start_info().cpuid_count = abi::kMaxCpuidEntries + 1; },
      [](TestHost& h) { h.start_info().cpuid_count = ~0u; },
      [](TestHost& h) { h.start_info().argument_count = 1u << 20; },
      [](TestHost& h) { h.start_info().argument_count = 3; },
      [](TestHost& h) { h.start_info().argument_count = 1; },
      [](TestHost& h) { h.start_info().argument_count = ~0u; },
      [](TestHost& h) { h.start_info().argument_bytes = ~0u; },
      [](TestHost& h) { h.start_info().argument_bytes = abi::kHostDataSize - sizeof(abi::StartInfo) + 1; },
      [](TestHost& h) { h.start_info().argument_bytes -= 1; },  // the last string has no end
      [](TestHost& h) { h.start_info().streams[1].mode = 0x80000000; },
  };
  for (size_t i = 0; i < lies.size(); ++i) EXPECT_EQ(start_with(lies[i]), AbortReason::bad_start) << "lie " << i;
}

TEST(HostClaims, AHostAreaThatTouchesTheEnclaveIsRefused) {
  const u64 size = [] { return TestHost().size(); }();
  for (u64 area : {u64{0}, u64{0x1000}, u64{0x10000}, size - 4096, size - sizeof(abi::HostArea), u64{0x7ffffffff000},
                   u64{0x7fffffff0000}, u64{1} << 47, u64{1} << 63, ~u64{0xfff}, u64{0x600000000008}}) {
    TestHost host;
    host.write_start_info({"probe", "q"});
    const device::Exit exit = host.enter(0, SGXX_ENTER_START, area);
    EXPECT_EQ(exit.registers.rdi, u64{SGXX_EXIT_ABORT}) << std::hex << area;
    EXPECT_EQ(exit.registers.rsi, static_cast<u64>(AbortReason::bad_host_area)) << std::hex << area;
  }
}

TEST(HostClaims, ArgumentsAreCopiedBeforeTheyAreChecked) {
  TestHost host;
  std::vector<std::string> arguments = {"probe", "a", "", "one more", std::string(5000, 'x')};
  host.on_exit = [&](u32, const device::Exit&) {
    // The host changes its mind after the first entry.
    if (host.host_calls == 0 && host.output.empty()) std::memset(&host.start_info(), 0xff, sizeof(abi::StartInfo));
  };
  EXPECT_EQ(host.run(arguments), exited(0));
  std::string expected;
  for (const std::string& argument : arguments) expected += argument + '\n';
  EXPECT_EQ(host.output.size(), expected.size());
}

}  // namespace
}  // namespace sgxx::boundary
