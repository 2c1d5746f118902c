// SPDX-License-Identifier: Apache-2.0
//
// Duties A1 to A6 and A8: whatever the host puts into registers, flags and extended state, the first instruction behind the entry
// code finds the same.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "boundary/stepper.h"
#include "boundary/test_host.h"
#include "host/loader.h"

namespace sgxx::boundary {
namespace {

constexpr u64 kTrap = 0x100;

/// What the first instruction behind the entry code finds.
struct State {
  u64 rip = 0;
  std::array<u64, 16> registers{};
  u64 flags = 0;
  std::vector<u8> extended;  // standard format, without the bytes that mean nothing
  friend bool operator==(const State&, const State&) = default;
};

class EntryPoison : public Stepper {
 public:
  EntryPoison(TestHost& host, u64 first_seed)
      : seed(first_seed), host_(host), entry_begin_(host.symbol("runtime_text_begin")), entry_end_(host.symbol("copy_begin")) {}

  bool poison(LoadedState& state, std::span<u8> xsave) override {
    fresh_ = true;
    if (seed == 0) return false;
    poison_everything(state, xsave, host_.guest().signature.attributes.xfrm | (host::processor_xcr0() & 0xe7), seed++);
    if (vectors_only) set_initial_x87(xsave);
    if (special) state.rsp = state.rbp = state.rdx = state.r8 = state.r15 = *special;
    return true;
  }

  Step visit(ThreadRecord& record, ucontext_t& context, u64 rip) override {
    static_cast<void>(record);
    if (rip < host_.linear(0x20000000)) trace = (trace ^ rip) * 0x100000001b3;
    if (fresh_ && (rip < entry_begin_ || rip >= entry_end_)) {
      fresh_ = false;
      states.push_back(state_of(context));
    }
    return Step::go_on;
  }

  u64 seed;
  std::optional<u64> special;
  bool vectors_only = false;
  u64 trace = 0xcbf29ce484222325;
  std::vector<State> states;

 private:
  static State state_of(const ucontext_t& context) {
    State s;
    s.rip = reg(context, REG_RIP);
    for (int name = REG_R8; name <= REG_RSP; ++name) s.registers[static_cast<size_t>(name)] = reg(context, name);
    s.flags = reg(context, REG_EFL) & ~kTrap;
    const auto* frame = reinterpret_cast<const u8*>(context.uc_mcontext.fpregs);
    isa::XsaveLegacy legacy;
    std::memcpy(&legacy, frame, sizeof legacy);
    const u64 present = legacy.xstate_bv;
    s.extended.assign(frame, frame + 2688);
    // Components in their initial state need not be there; the bytes of instruction pointers mean nothing with empty x87
    // registers.
    std::memset(s.extended.data() + 464, 0, 576 - 464);
    if ((present & 1) == 0) {
      std::memset(s.extended.data(), 0, 24);
      s.extended[0] = 0x7f, s.extended[1] = 3;
      std::memset(s.extended.data() + 32, 0, 128);
    }
    if ((present & 2) == 0) std::memset(s.extended.data() + 160, 0, 256);
    if ((present & 4) == 0) std::memset(s.extended.data() + 576, 0, 512);
    if ((present & 0xe0) != 0xe0) {
      if ((present & 0x20) == 0) std::memset(s.extended.data() + 1088, 0, 64);
      if ((present & 0x40) == 0) std::memset(s.extended.data() + 1152, 0, 512);
      if ((present & 0x80) == 0) std::memset(s.extended.data() + 1664, 0, 1024);
    }
    std::memset(s.extended.data() + 832, 0, 256);  // AVX-512 begins at 1088
    return s;
  }

  TestHost& host_;
  u64 entry_begin_, entry_end_;
  bool fresh_ = false;
};

struct Recorded {
  std::vector<State> states;
  u64 trace;
  u64 instructions;
  TestHost::Memory memory;
  std::string output;
};

/// With x87 in its initial state the entry code clears the other registers one by one.
struct Poison {
  u64 seed;
  bool vectors_only = false;
  std::optional<u64> special = {};
};

Recorded record(Mode mode, const Poison& how) {
  TestHost host;
  EntryPoison poison(host, how.seed);
  poison.special = how.special;
  poison.vectors_only = how.vectors_only;
  const Watch scope(poison);
  EXPECT_EQ(host.run(mode), exited(0)) << "seed " << how.seed;
  Recorded recorded{std::move(poison.states), poison.trace, poison.instructions, host.memory(), host.output};
  // Declared inputs of every entry: the host's RSP and RBP, which the processor and the runtime keep to give them back.
  // And the processor's own KEYID and MAC in the report that boot asks for.
  const u64 report = host.symbol("_ZN4sgxx7enclave12_GLOBAL__N_16reportE");
  for (u32 thread = 0; thread < host.tcs.size(); ++thread) {
    for (auto& [address, bytes] : recorded.memory.regions) {
      const auto clear = [&](u64 at, u64 length) {
        if (at >= address && at + length <= address + bytes.size()) std::memset(bytes.data() + (at - address), 0, length);
      };
      clear(report + sizeof(isa::ReportBody), sizeof(isa::Report) - sizeof(isa::ReportBody));
      for (u64 offset : {32u, 48u, 88u, 96u}) clear(host.block(thread) + offset, 8);
      // What lies on the runtime's stacks after the end is dead.
      const abi::ThreadLayout& layout = host.guest().built.config.thread;
      clear(host.block(thread) - layout.block + layout.stack, layout.stack_length);
      clear(host.block(thread) - layout.block + layout.exception_stack, layout.exception_stack_length);
      const u64 frame = u64{host.guest().built.config.ssa_frame_size} * kPageSize;
      for (u32 i = 0; i < 2; ++i) clear(host.ssa(thread, i) + frame - sizeof(isa::SsaGpr) + offsetof(isa::SsaGpr, ursp), 16);
    }
  }
  return recorded;
}

void expect_sane(const State& s) {
  EXPECT_EQ(s.flags & ~u64{0x8d5}, 0x202u) << "DF, AC, NT, ID, RF or IOPL as the host wanted";
  u16 fcw, fsw;
  u32 mxcsr;
  std::memcpy(&fcw, s.extended.data(), 2);
  std::memcpy(&fsw, s.extended.data() + 2, 2);
  std::memcpy(&mxcsr, s.extended.data() + 24, 4);
  EXPECT_EQ(fcw, 0x37f);
  EXPECT_EQ(fsw, 0);
  EXPECT_EQ(s.extended[4], 0) << "all x87 registers are to be empty";
  EXPECT_EQ(mxcsr, 0x1fbfu);
  for (size_t i = 32; i < s.extended.size(); ++i) ASSERT_EQ(s.extended[i], 0) << "byte " << i << " of the extended state";
}

class EntryState : public ::testing::TestWithParam<Mode> {};

TEST_P(EntryState, IsTheSameWhateverTheHostPutIntoRegisters) {
  std::set<u64> first_instructions;
  std::vector<State> expected;
  for (const Poison& poison : {Poison{1}, Poison{u64{1} << 32}, Poison{1, true}, Poison{u64{1} << 32, true}}) {
    const Recorded recorded = record(GetParam(), poison);
    for (const State& s : recorded.states) {
      ASSERT_NO_FATAL_FAILURE(expect_sane(s));
      first_instructions.insert(s.rip);
    }
    if (expected.empty()) expected = recorded.states;
    ASSERT_EQ(recorded.states.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(recorded.states[i], expected[i]) << "entry " << i;
  }
  EXPECT_GE(first_instructions.size(), 2u);
}

TEST_P(EntryState, NothingDependsOnUndeclaredRegisters) {
  const Recorded plain = record(GetParam(), {7});
  u64 seed = 0x1000;
  std::vector<std::optional<u64>> specials{std::nullopt};
  if (GetParam() == Mode::threads) {
    for (u64 value : poison_values(u64{16} << 20)) specials.push_back(value);
  }
  for (const auto& special : specials) {
    const Recorded other = record(GetParam(), {seed += 0x1000, false, special});
    EXPECT_EQ(other.instructions, plain.instructions);
    EXPECT_EQ(other.trace, plain.trace) << "other instructions were executed";
    EXPECT_EQ(other.output, plain.output);
    ASSERT_EQ(other.memory.regions.size(), plain.memory.regions.size());
    for (size_t i = 0; i < plain.memory.regions.size(); ++i) {
      const auto& a = plain.memory.regions[i].second;
      const auto& b = other.memory.regions[i].second;
      u64 differing = 0, first = 0;
      for (u64 at = 0; at < a.size(); ++at) {
        if (a[at] == b[at]) continue;
        if (differing++ == 0) first = at;
      }
      EXPECT_EQ(differing, 0u) << "bytes of memory differ, the first at 0x" << std::hex << plain.memory.regions[i].first + first
                               << ": " << int{a[first]} << " and " << int{b[first]};
    }
  }
}

std::string name_of_mode(const ::testing::TestParamInfo<Mode>& info) {
  switch (info.param) {
    case Mode::faults: return "Faults";
    case Mode::threads: return "Threads";
    case Mode::signals: return "Signals";
    default: return "Calls";
  }
}
INSTANTIATE_TEST_SUITE_P(Paths, EntryState, ::testing::Values(Mode::faults, Mode::threads, Mode::signals), name_of_mode);

}  // namespace
}  // namespace sgxx::boundary
