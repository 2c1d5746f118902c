// SPDX-License-Identifier: Apache-2.0
//
// Duties A7, A11, A13, A20: every order in which a host can enter and resume two threads, against a model of what is allowed.
// Strings of moves that get the program on are enumerated to depth 8, the last or the one before it perhaps while a second
// processor enters and resumes the same busy thread. At each of them every other move is made: what must change nothing, one
// after the other in one run; what is not allowed, each in a run of its own. It ends the enclave for good, changes nothing else,
// and every later entry says the same.
#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

#include "boundary/stepper.h"
#include "boundary/test_host.h"
#include "enclave/thread_block.h"

namespace sgxx::boundary {
namespace {

enum class Event : u8 {
  start,
  give_back,
  bad_kind,
  exception,
  resume,
  busy,  ///< whatever gets the thread on, and EENTER and ERESUME by a second processor meanwhile
};
constexpr std::array kEntries = {Event::start, Event::give_back, Event::bad_kind, Event::exception};
constexpr std::array kEvents = {Event::start, Event::give_back, Event::bad_kind, Event::exception, Event::resume, Event::busy};
constexpr size_t kDepth = 8;

struct Move {
  u32 thread;
  Event event;
};
using Moves = std::vector<Move>;

std::string text_of(const Moves& moves) {
  std::string text;
  for (const Move& move : moves) text += "SRBXUY"[static_cast<int>(move.event)] + std::to_string(move.thread) + ' ';
  return text;
}

/// What the host knows of a thread: which move it waits for.
enum class Thread : u8 { idle, starting, awaiting_return, faulted, handled };

enum class Answer : u8 {
  progress,
  nothing,  ///< the enclave is entered, says "resume" or faults as before, and nothing has changed
  refused,  ///< by the processor
  abort,
};

/// A second processor, which enters and resumes a TCS when it is asked to.
class SecondProcessor {
 public:
  explicit SecondProcessor(TestHost& host) : host_(host), body_([this] { serve(); }) {}
  ~SecondProcessor() {
    asked_ = kEnd;
    body_.join();
  }
  SecondProcessor(const SecondProcessor&) = delete;
  SecondProcessor& operator=(const SecondProcessor&) = delete;

  /// True when both were refused. May be called from a signal handler.
  bool is_refused(u32 thread) {
    asked_ = static_cast<int>(thread);
    while (asked_ != kNothing) ::sched_yield();
    return refused_;
  }

 private:
  static constexpr int kNothing = -1, kEnd = -2;
  void serve() {
    if (!host_.device().attach_thread().ok()) return;
    for (int asked; (asked = asked_) != kEnd; ::sched_yield()) {
      if (asked == kNothing) continue;
      const EnclaveOffset tcs = host_.tcs[static_cast<u32>(asked)];
      const auto refuses = [&](isa::Enclu leaf) {
        return host_.device().enter(leaf, tcs, {}).kind == device::Exit::Kind::refused;
      };
      refused_ = refuses(isa::Enclu::eenter) && refuses(isa::Enclu::eresume);
      asked_ = kNothing;
    }
  }

  TestHost& host_;
  std::atomic<int> asked_ = kNothing;
  bool refused_ = false;
  std::thread body_;
};

/// Asks the second processor at one instruction of an entry, then lets it run.
class AskWhileBusy : public Stepper {
 public:
  AskWhileBusy(SecondProcessor& other, u32 thread, u64 when)
      : other_(other), thread_(thread), when_(when), self_(std::this_thread::get_id()) {}
  bool wants_steps() override { return std::this_thread::get_id() == self_; }
  Step visit(ThreadRecord&, ucontext_t&, u64) override {
    if (instructions < when_) return Step::go_on;
    asked = true;
    refused = other_.is_refused(thread_);
    return Step::stop;
  }
  bool asked = false, refused = false;

 private:
  SecondProcessor& other_;
  u32 thread_;
  u64 when_;
  std::thread::id self_;
};

class Run {
 public:
  // Redirected system calls, and no trial of host calls without leaving: faults and exits are those that the guest makes.
  Run() : host_(kProbe, {.rewrite = true, .exitless = false}) {
    host_.write_start_info({"probe", std::string(1, static_cast<char>(Mode::orders))});
  }

  Thread state(u32 thread) const { return threads_[thread]; }

  /// The move that gets a thread on.
  std::optional<Event> way_on(u32 thread) const {
    switch (threads_[thread]) {
      case Thread::idle: return started_ ? std::nullopt : std::optional(Event::start);
      case Thread::starting: return Event::start;
      case Thread::awaiting_return: return Event::give_back;
      case Thread::faulted: return Event::exception;
      case Thread::handled: return Event::resume;
    }
    return std::nullopt;
  }

  Answer expected(const Move& move) const {
    const Thread state = threads_[move.thread];
    const bool in_exception = state == Thread::faulted || state == Thread::handled;
    if (move.event == Event::busy) return way_on(move.thread) ? Answer::progress : Answer::refused;
    if (move.event == Event::resume) {
      if (!in_exception) return Answer::refused;
      return state == Thread::handled ? Answer::progress : Answer::nothing;
    }
    // With an exception under way every entry is one for the exception, whatever the registers say.
    if (in_exception) return state == Thread::faulted ? Answer::progress : Answer::nothing;
    return way_on(move.thread) == move.event ? Answer::progress : Answer::abort;
  }

  device::Exit make(const Move& move) {
    switch (move.event) {
      case Event::start: return host_.enter(move.thread, SGXX_ENTER_START, reinterpret_cast<u64>(area(move.thread)));
      case Event::give_back: return host_.give_back(move.thread);
      case Event::bad_kind: return host_.enter(move.thread, 3);
      case Event::exception: return host_.exception(move.thread);
      case Event::resume: return host_.resume(move.thread);
      case Event::busy: return make_while_busy(move.thread);
    }
    return {};
  }

  /// The model's next state, and the answer to a host call. False at the end of the program.
  bool follow(const Move& move, const device::Exit& exit) {
    Thread& state = threads_[move.thread];
    if (!started_) first_ = move.thread;
    started_ = true;
    if (exit.kind == device::Exit::Kind::fault) return state = Thread::faulted, true;
    if (exit.registers.rdi == SGXX_EXIT_RESUME) return state = Thread::handled, true;
    if (exit.registers.rdi == SGXX_EXIT_THREAD_DONE) return state = Thread::idle, true;
    if (exit.registers.rdi != SGXX_EXIT_HOST_CALL) return false;
    state = Thread::awaiting_return;
    const abi::HostCall call = area(move.thread)->call;
    area(move.thread)->reply = 0;
    if (call.number == static_cast<u64>(abi::HostCallNumber::thread_start)) threads_[call.args[0]] = Thread::starting;
    return call.number != static_cast<u64>(abi::HostCallNumber::exit);
  }

  TestHost& host() { return host_; }

 private:
  /// The first thread's area holds the start information.
  abi::HostArea* area(u32 thread) { return host_.areas[thread == first_ || !started_ ? 0 : 1]; }

  device::Exit make_while_busy(u32 thread) {
    SecondProcessor other(host_);
    AskWhileBusy observer(other, thread, 3 + 2 * ++busy_moves_);
    const Watch scope(observer);
    const device::Exit exit = make({thread, *way_on(thread)});
    EXPECT_TRUE(observer.asked);
    EXPECT_TRUE(observer.refused) << "a busy TCS was entered or resumed";
    return exit;
  }

  TestHost host_;
  bool started_ = false;
  u32 first_ = 0;
  u64 busy_moves_ = 0;
  std::array<Thread, 2> threads_{};
};

/// Everything but what an entry is known to note: that there was one, the abort word, and the host's RSP, RBP and exit target;
/// and that there was one for an exception (enclave/thread/fences.h).
TestHost::Memory noted(TestHost& host) {
  TestHost::Memory memory = host.memory();
  for (auto& [address, bytes] : memory.regions) {
    const auto clear = [&](u64 at, u64 length) {
      if (at >= address && at + length <= address + bytes.size()) std::memset(bytes.data() + (at - address), 0, length);
    };
    clear(host.symbol("enclave_aborted"), 4);
    clear(host.symbol("boot_started"), 4);
    const abi::EnclaveConfig& config = host.guest().built.config;
    const u64 frame = u64{config.ssa_frame_size} * kPageSize;
    for (u32 thread = 0; thread < host.tcs.size(); ++thread) {
      for (u64 offset : {32u, 48u, 56u}) clear(host.block(thread) + offset, 8);
      clear(host.block(thread) + 88, 24);  // the same for an exception entry
      clear(host.block(thread) + offsetof(enclave::ThreadBlock, exception_entries), 8);
      clear(host.block(thread) - config.thread.block + config.thread.exception_stack, config.thread.exception_stack_length);
      for (u32 i = 0; i < 2; ++i) clear(host.ssa(thread, i) + frame - sizeof(isa::SsaGpr) + offsetof(isa::SsaGpr, ursp), 16);
    }
  }
  return memory;
}

struct Counts {
  u64 strings = 0, aborts = 0, refused = 0, nothing = 0, busy = 0;
};

/// Plays what is known to be allowed on a fresh enclave. False at the end of the program.
bool play(Run& run, const Moves& moves) {
  for (const Move& move : moves)
    if (!run.follow(move, run.make(move))) return false;
  return true;
}

/// Every move that must change nothing.
void expect_nothing(Run& run, const Moves& moves, Counts& counts) {
  const TestHost::Memory before = noted(run.host());
  for (u32 thread = 0; thread < 2; ++thread) {
    for (Event event : kEvents) {
      const Answer answer = run.expected({thread, event});
      if (event == Event::busy || answer == Answer::progress || answer == Answer::abort) continue;
      const device::Exit exit = run.make({thread, event});
      const std::string text = text_of(moves) + "then " + text_of({{thread, event}});
      if (answer == Answer::refused) {
        ASSERT_EQ(exit.kind, device::Exit::Kind::refused) << text;
        ++counts.refused;
      } else if (run.state(thread) == Thread::faulted) {
        ASSERT_EQ(exit.kind, device::Exit::Kind::fault) << text;
        ++counts.nothing;
      } else {
        ASSERT_EQ(exit.registers.rdi, u64{SGXX_EXIT_RESUME}) << text;
        ++counts.nothing;
      }
    }
  }
  ASSERT_EQ(noted(run.host()).regions, before.regions) << "memory has changed: " << text_of(moves);
}

void expect_abort(Run& run, const Moves& moves, const Move& last) {
  const std::string text = text_of(moves) + "then " + text_of({last});
  const TestHost::Memory before = noted(run.host());
  const device::Exit exit = run.make(last);
  ASSERT_EQ(exit.kind, device::Exit::Kind::eexit) << text;
  ASSERT_EQ(exit.registers.rdi, u64{SGXX_EXIT_ABORT}) << text;
  ASSERT_EQ(exit.registers.rsi, static_cast<u64>(abi::AbortReason::bad_entry)) << text;
  for (u32 other = 0; other < 2; ++other) {
    for (Event again : kEntries) {
      const device::Exit later = run.make({other, again});
      ASSERT_EQ(later.registers.rdi, u64{SGXX_EXIT_ABORT}) << "abort is for good: " << text;
      ASSERT_EQ(later.registers.rsi, static_cast<u64>(abi::AbortReason::bad_entry));
    }
  }
  ASSERT_EQ(noted(run.host()).regions, before.regions) << "a refused entry, or one after the abort, changed memory: " << text;
}

/// Every move that does not get the program on, after `moves`.
void try_the_others(const Moves& moves, Counts& counts) {
  bool first = true;
  for (u32 thread = 0; thread < 2; ++thread) {
    for (Event event : kEntries) {
      Run run;
      play(run, moves);
      if (std::exchange(first, false)) expect_nothing(run, moves, counts);
      if (run.expected({thread, event}) != Answer::abort) continue;
      ++counts.aborts;
      expect_abort(run, moves, {thread, event});
      if (::testing::Test::HasFatalFailure()) return;
    }
  }
}

/// Whether the last of `moves` is one that must get the program on, and is worth going on from: where several entries mean the
/// same, one of them, and not the end of the program.
bool gets_on(const Moves& moves) {
  Run run;
  play(run, Moves(moves.begin(), moves.end() - 1));
  const Move last = moves.back();
  if (run.expected(last) != Answer::progress) return false;
  const bool usual = last.event == Event::busy || run.way_on(last.thread) == last.event;
  const device::Exit exit = run.make(last);
  EXPECT_NE(exit.kind, device::Exit::Kind::refused) << text_of(moves);
  EXPECT_FALSE(exit.kind == device::Exit::Kind::eexit && exit.registers.rdi == SGXX_EXIT_ABORT)
      << text_of(moves) << " reason " << exit.registers.rsi;
  return run.follow(last, exit) && usual;
}

/// All strings that begin with `moves` and are at most `depth` long; `busy`: one of them was made while a second processor tried.
/// Then one more shows that it left no trace.
void explore(Moves& moves, size_t depth, bool busy, Counts& counts) {
  ++counts.strings;
  if (!busy) try_the_others(moves, counts);
  if (moves.size() == depth || ::testing::Test::HasFailure()) return;
  for (u32 thread = 0; thread < 2; ++thread) {
    for (Event event : kEvents) {
      if (busy && event == Event::busy) continue;
      moves.push_back({thread, event});
      if (gets_on(moves)) {
        const bool now = event == Event::busy;
        counts.busy += now;
        explore(moves, now ? std::min(moves.size() + 1, depth) : depth, busy || now, counts);
      }
      moves.pop_back();
      if (::testing::Test::HasFailure()) return;
    }
  }
}

TEST(Orders, OfEntriesUpToDepthEight) {
  Moves moves;
  Counts counts;
  explore(moves, kDepth, false, counts);
  std::printf("%lu strings; at each, without a busy move: %lu aborts, %lu refusals, %lu without effect; %lu busy moves\n",
              counts.strings, counts.aborts, counts.refused, counts.nothing, counts.busy);
  EXPECT_GT(counts.strings, 600u);
  EXPECT_GT(counts.aborts, 150u);
  EXPECT_GT(counts.refused, 50u);
  EXPECT_GT(counts.nothing, 1000u);
  EXPECT_GT(counts.busy, 200u);
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
    if (call.number == static_cast<u64>(abi::HostCallNumber::write)) return static_cast<i64>(call.args[0]) + 1;
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
