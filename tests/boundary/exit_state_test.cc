// SPDX-License-Identifier: Apache-2.0
//
// Duty A9: what leaves the enclave in registers, flags and extended state is a constant for each kind of exit.
#include <gtest/gtest.h>

#include <map>

#include "boundary/stepper.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

class ExitWatch : public Stepper {
 public:
  struct Image {
    std::array<u64, 23> registers{};
    std::vector<u8> extended;
    friend bool operator==(const Image&, const Image&) = default;
  };
  std::map<u64, Image> images;  // by exit kind
  u64 exits = 0, differing = 0, leaks = 0, flags_set = 0;

 protected:
  bool poison(LoadedState& state, std::span<u8>) override {
    // A host whose registers are known, so that what comes back can be compared.
    state.rsp = 0x700000001000;
    state.rbp = 0x700000002000;
    rsp_ = state.rsp;
    return true;
  }

  void left(ThreadRecord& record, ucontext_t& context) override {
    static_cast<void>(record);
    ++exits;
    Image image;
    for (int name = REG_R8; name <= REG_RIP; ++name) image.registers[static_cast<size_t>(name)] = reg(context, name);
    image.registers[REG_RDI] = image.registers[REG_RSI] = 0;
    if (reg(context, REG_RSP) != rsp_ || reg(context, REG_RBP) != 0x700000002000) ++differing;
    image.registers[REG_RSP] = 0;
    image.registers[17] = reg(context, REG_EFL) & 0xcd5;
    if ((reg(context, REG_EFL) & 0x244400) != 0) ++flags_set;
    const auto* frame = reinterpret_cast<const u8*>(context.uc_mcontext.fpregs);
    u64 present;
    std::memcpy(&present, frame + 512, 8);
    image.extended.assign(frame, frame + 464);
    if ((present & 1) == 0) std::memset(image.extended.data(), 0, 24), std::memset(image.extended.data() + 32, 0, 128);
    if ((present & 2) == 0) std::memset(image.extended.data() + 160, 0, 256);
    if ((present & 1) == 0) image.extended[0] = 0x7f, image.extended[1] = 3;
    const std::pair<u64, u64> places[] = {{576, 256}, {1088, 64}, {1152, 512}, {1664, 1024}};
    const u64 bits[] = {4, 0x20, 0x40, 0x80};
    for (size_t i = 0; i < 4; ++i) {
      const u8* begin = frame + places[i].first;
      if ((present & bits[i]) == 0)
        image.extended.insert(image.extended.end(), places[i].second, 0);
      else
        image.extended.insert(image.extended.end(), begin, begin + places[i].second);
    }
    const auto has_secret = [](const void* bytes, size_t length) { return memmem(bytes, length, &kSecret, 8) != nullptr; };
    if (has_secret(context.uc_mcontext.gregs, sizeof context.uc_mcontext.gregs)) ++leaks;
    if (has_secret(image.extended.data(), image.extended.size())) ++leaks;
    const auto [at, fresh] = images.try_emplace(reg(context, REG_RDI), image);
    if (!fresh && !(at->second == image)) ++differing;
  }

 private:
  u64 rsp_ = 0;
};

void expect_constant(const ExitWatch& watch) {
  EXPECT_EQ(watch.leaks, 0u) << "the program's secret in a register at EEXIT";
  EXPECT_EQ(watch.differing, 0u) << "exits whose registers are not the constant of their kind";
  EXPECT_EQ(watch.flags_set, 0u) << "DF, NT, AC or ID set at EEXIT";
  for (const auto& [kind, image] : watch.images) {
    for (int name : {REG_RDX, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15})
      EXPECT_EQ(image.registers[static_cast<size_t>(name)], 0u) << "register " << name << ", exit kind " << kind;
    EXPECT_EQ(image.registers[REG_RAX], 4u);
    u32 mxcsr;
    std::memcpy(&mxcsr, image.extended.data() + 24, 4);
    EXPECT_EQ(mxcsr, 0x1f80u) << "exit kind " << kind;
    for (size_t i = 2; i < image.extended.size(); ++i) {
      if (i >= 24 && i < 32) continue;  // MXCSR and its mask
      ASSERT_EQ(image.extended[i], 0) << "byte " << i << " of the extended state, exit kind " << kind;
    }
    EXPECT_EQ(image.extended[0] | image.extended[1] << 8, 0x37f);
  }
}

TEST(ExitState, HostCallsLeaveNothingInRegisters) {
  TestHost host;
  ExitWatch watch;
  const Watch scope(watch);
  EXPECT_EQ(host.run(Mode::secrets), exited(0));
  EXPECT_GT(watch.exits, 30u);
  expect_constant(watch);
}

TEST(ExitState, EveryKindOfExitIsConstant) {
  ExitWatch watch;
  {
    TestHost host;
    const Watch scope(watch);
    EXPECT_EQ(host.run(Mode::threads), exited(0));
  }
  {
    TestHost host;
    const Watch scope(watch);
    EXPECT_EQ(host.run(Mode::faults), exited(0));
    EXPECT_EQ(host.enter(0, 77).registers.rdi, u64{SGXX_EXIT_ABORT});
  }
  EXPECT_EQ(watch.images.size(), 4u) << "host_call, resume, thread_done, abort";
  expect_constant(watch);
}

}  // namespace
}  // namespace sgxx::boundary
