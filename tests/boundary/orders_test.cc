// SPDX-License-Identifier: Apache-2.0
//
// Duties A7, A11, A13, A20: every order in which a host can enter two threads, against a model of what is allowed. What is not
// allowed ends the enclave for good, changes nothing else, and every later entry says the same.
#include <gtest/gtest.h>

#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

enum class Event : u8 { start, give_back, bad_kind, exception };
constexpr std::array kEvents = {Event::start, Event::give_back, Event::bad_kind, Event::exception};
constexpr int kDepth = 8;

struct Move {
  u32 thread;
  Event event;
};

std::string text_of(const std::vector<Move>& moves) {
  std::string text;
  for (const Move& move : moves) text += "SRBX"[static_cast<int>(move.event)] + std::to_string(move.thread) + ' ';
  return text;
}

/// What the host knows: which thread waits for what.
enum class Thread : u8 { idle, starting, awaiting_return };

class Run {
 public:
  Run() { host_.write_start_info({"probe", "t"}); }

  bool allowed(const Move& move) const {
    const Thread state = threads_[move.thread];
    const bool may_start = state == Thread::starting || (state == Thread::idle && !started_ && move.thread == 0);
    // Whichever thread block comes first is the first thread.
    const bool first = !started_ && state == Thread::idle;
    return (move.event == Event::start && (may_start || first)) ||
           (move.event == Event::give_back && state == Thread::awaiting_return);
  }

  device::Exit make(const Move& move) {
    device::Exit exit;
    switch (move.event) {
      case Event::start: exit = host_.enter(move.thread, SGXX_ENTER_START, reinterpret_cast<u64>(host_.areas[0])); break;
      case Event::give_back: exit = host_.give_back(move.thread); break;
      case Event::bad_kind: exit = host_.enter(move.thread, 3); break;
      case Event::exception: exit = host_.exception(move.thread); break;
    }
    while (exit.kind == device::Exit::Kind::fault) {
      if (host_.exception(move.thread).registers.rdi != SGXX_EXIT_RESUME) return exit;
      exit = host_.resume(move.thread);
    }
    return exit;
  }

  /// The model's next state, and the answer to the host call.
  bool follow(const Move& move, const device::Exit& exit) {
    started_ = true;
    if (exit.registers.rdi == SGXX_EXIT_THREAD_DONE) return threads_[move.thread] = Thread::idle, true;
    if (exit.registers.rdi != SGXX_EXIT_HOST_CALL) return false;
    threads_[move.thread] = Thread::awaiting_return;
    abi::HostArea& area = *host_.areas[0];
    const abi::HostCall call = area.call;
    area.reply = host_.serve(0);
    if (call.number == static_cast<u64>(abi::HostCallNumber::thread_start)) {
      area.reply = 0;
      threads_[call.args[0]] = Thread::starting;
    }
    return call.number != static_cast<u64>(abi::HostCallNumber::exit);
  }

  TestHost& host() { return host_; }

 private:
  TestHost host_;
  bool started_ = false;
  std::array<Thread, 2> threads_{};
};

/// Everything but what an entry is known to note: that there was one, the abort word, and the host's RSP, RBP and exit target.
TestHost::Memory noted(TestHost& host) {
  TestHost::Memory memory = host.memory();
  for (auto& [address, bytes] : memory.regions) {
    const auto clear = [&](u64 at, u64 length) {
      if (at >= address && at + length <= address + bytes.size()) std::memset(bytes.data() + (at - address), 0, length);
    };
    clear(host.symbol("enclave_aborted"), 4);
    clear(host.symbol("boot_started"), 4);
    const u64 frame = u64{host.guest().built.config.ssa_frame_size} * kPageSize;
    for (u32 thread = 0; thread < host.tcs.size(); ++thread) {
      for (u64 offset : {32u, 48u, 56u}) clear(host.block(thread) + offset, 8);
      for (u32 i = 0; i < 2; ++i) clear(host.ssa(thread, i) + frame - sizeof(isa::SsaGpr) + offsetof(isa::SsaGpr, ursp), 16);
    }
  }
  return memory;
}

struct Counts {
  u64 strings = 0, refused = 0;
};

void expect_refusal(Run& run, const std::vector<Move>& moves) {
  const TestHost::Memory before = noted(run.host());
  const device::Exit exit = run.make(moves.back());
  ASSERT_EQ(exit.kind, device::Exit::Kind::eexit) << text_of(moves);
  ASSERT_EQ(exit.registers.rdi, u64{SGXX_EXIT_ABORT}) << text_of(moves);
  ASSERT_EQ(exit.registers.rsi, static_cast<u64>(abi::AbortReason::bad_entry)) << text_of(moves);
  ASSERT_EQ(noted(run.host()).regions, before.regions) << "a refused entry changed memory: " << text_of(moves);
  for (u32 other = 0; other < 2; ++other) {
    for (Event again : kEvents) {
      const device::Exit later = run.make({other, again});
      ASSERT_EQ(later.registers.rdi, u64{SGXX_EXIT_ABORT}) << "abort is for good: " << text_of(moves);
      ASSERT_EQ(later.registers.rsi, static_cast<u64>(abi::AbortReason::bad_entry));
    }
  }
  ASSERT_EQ(noted(run.host()).regions, before.regions) << "an entry after the abort changed memory: " << text_of(moves);
}

/// Plays `moves` on a fresh enclave; the last of them may be one that is not allowed. True when it was, and the run goes on.
bool play(const std::vector<Move>& moves, Counts& counts) {
  Run run;
  for (size_t i = 0; i + 1 < moves.size(); ++i)
    if (!run.follow(moves[i], run.make(moves[i]))) return false;
  ++counts.strings;
  if (!run.allowed(moves.back())) {
    ++counts.refused;
    expect_refusal(run, moves);
    return false;
  }
  const device::Exit exit = run.make(moves.back());
  EXPECT_EQ(exit.kind, device::Exit::Kind::eexit) << text_of(moves);
  EXPECT_NE(exit.registers.rdi, u64{SGXX_EXIT_ABORT}) << text_of(moves) << " reason " << exit.registers.rsi;
  return true;
}

void explore(std::vector<Move>& moves, Counts& counts) {
  for (u32 thread = 0; thread < 2; ++thread) {
    for (Event event : kEvents) {
      moves.push_back({thread, event});
      if (play(moves, counts) && static_cast<int>(moves.size()) < kDepth) explore(moves, counts);
      moves.pop_back();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(Orders, OfEntriesUpToDepthEight) {
  std::vector<Move> moves;
  Counts counts;
  explore(moves, counts);
  EXPECT_GT(counts.strings, 60u);
  EXPECT_GT(counts.refused, 50u);
}

TEST(Orders, ResumeWithoutAnInterruptedFrameIsRefused) {
  TestHost host;
  EXPECT_EQ(host.resume(0).kind, device::Exit::Kind::refused);
  EXPECT_EQ(host.run(Mode::quiet), exited(0));
  EXPECT_EQ(host.resume(0).kind, device::Exit::Kind::refused);
}

TEST(Orders, AThreadThatTheHostRefusedToStartCannotBeStarted) {
  TestHost host;
  host.on_call = [](u32, const abi::HostCall& call) -> std::optional<i64> {
    if (call.number == static_cast<u64>(abi::HostCallNumber::thread_start)) return -11;
    return std::nullopt;
  };
  EXPECT_EQ(host.run(Mode::threads), exited(2)) << "the program sees EAGAIN";
  const device::Exit exit = host.start(1);
  EXPECT_EQ(exit.registers.rdi, u64{SGXX_EXIT_ABORT});
  EXPECT_EQ(exit.registers.rsi, static_cast<u64>(abi::AbortReason::bad_entry));
}

TEST(Orders, AnAbortFromWithinIsForGoodOnEveryThread) {
  TestHost host;
  host.on_call = [](u32, const abi::HostCall& call) -> std::optional<i64> {
    if (call.number == static_cast<u64>(abi::HostCallNumber::stream_write)) return static_cast<i64>(call.args[0]) + 1;
    return std::nullopt;
  };
  EXPECT_EQ(host.run(Mode::secrets), aborted(abi::AbortReason::bad_host_reply));
  for (u32 thread = 0; thread < 2; ++thread) {
    for (u64 kind : {u64{SGXX_ENTER_START}, u64{SGXX_ENTER_RETURN}, u64{0}}) {
      const device::Exit exit = host.enter(thread, kind, reinterpret_cast<u64>(host.areas[thread]));
      EXPECT_EQ(exit.registers.rdi, u64{SGXX_EXIT_ABORT});
      EXPECT_EQ(exit.registers.rsi, static_cast<u64>(abi::AbortReason::bad_host_reply));
    }
  }
}

}  // namespace
}  // namespace sgxx::boundary
