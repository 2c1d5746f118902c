// SPDX-License-Identifier: Apache-2.0
//
// The lying host: programs that make every kind of host call, against answers from a seeded generator (lies.h), entries out of
// order among them. Each run must end in one of these ways: the program saw nothing that Linux could not have told it (it checks
// that itself, and that its memory is its own), or the enclave ended itself for a reason that blames the host. What the enclave
// writes to host memory is searched for the program's secrets.
//
//   sgxx_lying_host_test [--answers N] [--seed S] [--verbose]
//
// runs until N answers were given, and prints the seed of the run that failed. --seed repeats one run.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <sstream>

#include "boundary/lies.h"
#include "boundary/test_host.h"

namespace sgxx::boundary {
namespace {

/// True when [bytes, bytes + length) holds half of the secret or more, at any alignment.
bool holds_secret(const u8* bytes, u64 length) {
  u8 pattern[12];
  for (u64 i = 0; i < sizeof pattern; ++i) pattern[i] = static_cast<u8>(kSecret >> (i % 8 * 8));
  for (u64 i = 0; i + 4 <= length; ++i) {
    const void* const found = memchr(bytes + i, pattern[0], length - 3 - i);
    if (found == nullptr) return false;
    i = static_cast<u64>(static_cast<const u8*>(found) - bytes);
    if (std::memcmp(bytes + i, pattern, 4) == 0) return true;
  }
  return false;
}

struct Outcome {
  Ending ending;
  u64 answers = 0;
  u64 last_call = 0;
  bool leaked = false;
  u64 rip = 0;  ///< where the thread was interrupted last, in the runtime's image
};

/// May the run end like this? Blame lies with the host, or the program is content.
bool is_acceptable(const Outcome& outcome) {
  if (outcome.leaked) return false;
  switch (outcome.ending.kind) {
    case Ending::Kind::exited: return outcome.ending.value == 0;
    case Ending::Kind::aborted:
      switch (static_cast<abi::AbortReason>(outcome.ending.value)) {
        case abi::AbortReason::bad_entry:
        case abi::AbortReason::bad_host_reply:
        case abi::AbortReason::bad_host_area:
        case abi::AbortReason::bad_start: return true;
        default: return false;
      }
    case Ending::Kind::stuck: return true;  // a host may always withhold its service
    default: return false;
  }
}

/// An entry that nobody asked for. Where it is a return that comes too early, the thread goes on until it leaves again.
void enter_unasked(TestHost& host, u32 thread, const device::Registers& registers) {
  device::Device& device = host.device();
  // Rights of pages are done as asked here, too: without them the runtime faults, and rightly says so.
  if (host.areas[thread]->call.number == static_cast<u64>(abi::HostCallNumber::protect)) (void)host.serve(thread);
  device::Exit exit = device.enter(isa::Enclu::eenter, host.tcs[thread], registers);
  while (exit.kind == device::Exit::Kind::fault) {
    const device::Exit handled = device.enter(isa::Enclu::eenter, host.tcs[thread], {});
    if (handled.registers.rdi != SGXX_EXIT_RESUME) return;
    exit = device.enter(isa::Enclu::eresume, host.tcs[thread], {});
  }
}

Outcome run_once(u64 seed) {
  Lies lies(seed, static_cast<u32>(seed % 3));
  constexpr u64 kSignals = 1u << 9 | 1u << 14;  // SIGUSR1, SIGTERM
  TestHost host(kCaller, {.threads = 1, .heap = u64{2} << 20, .signals = kSignals, .host_folder = true});
  Outcome outcome;
  bool has_handlers = false;
  host.on_call = [&](u32 thread, const abi::HostCall& call) -> std::optional<i64> {
    // Waiting, looking at the clock and for signals are most of the calls; only the others count.
    const auto number = static_cast<abi::HostCallNumber>(call.number);
    outcome.last_call = call.number;
    const bool is_frequent =
        number == abi::HostCallNumber::wait || number == abi::HostCallNumber::clock_read || number == abi::HostCallNumber::attend;
    if (!is_frequent) ++outcome.answers;
    // Rights of pages and new threads are done as asked: a fault of the host's making is the program's own business.
    if (number == abi::HostCallNumber::protect) return std::nullopt;
    // Before the program has its handlers (then it yields) a signal would end it, and rightly.
    has_handlers = has_handlers || number == abi::HostCallNumber::yield;
    if (!has_handlers && number == abi::HostCallNumber::attend) {
      host.areas[thread]->attention = 0;
      return 0;
    }
    return lies.answer(*host.areas[thread]);
  };
  host.on_exit = [&](u32 thread, const device::Exit& exit) {
    const abi::HostArea& area = *host.areas[thread];
    outcome.leaked = outcome.leaked || holds_secret(reinterpret_cast<const u8*>(&area), sizeof area);
    if (exit.registers.rdi != SGXX_EXIT_HOST_CALL || lies.below(20000) != 0) return;
    ++outcome.answers;
    enter_unasked(host, thread, {lies.below(4), lies.below(2) * 0x10000, 0, 0, 0});
  };
  host.before_entry = [&](u32 thread) {
    if (outcome.answers == 0) return;
    // The request has been read; nothing of it may be there when the next one is searched.
    std::memset(&host.areas[thread]->call, 0, sizeof(abi::HostCall));
  };
  outcome.ending = host.run({"caller", std::to_string(seed)});
  const u64 frame = host.ssa(0, 0) + host.guest().built.config.ssa_frame_size * kPageSize;
  outcome.rip =
      TestHost::read<isa::SsaGpr>(frame - sizeof(isa::SsaGpr)).rip - host.linear(host.guest().built.config.runtime.offset);
  return outcome;
}

int campaign(u64 wanted, u64 first_seed, bool verbose) {
  std::map<std::string, u64> endings;
  u64 answers = 0, runs = 0;
  for (u64 seed = first_seed; answers < wanted; ++seed) {
    const Outcome outcome = run_once(seed);
    answers += outcome.answers;
    ++runs;
    std::ostringstream text;
    text << outcome.ending;
    ++endings[outcome.ending.kind == Ending::Kind::stuck ? "waited for a host that gave nothing" : text.str()];
    if (verbose)
      std::printf("seed %llu: %s, %llu answers, the last to host call %llu\n", static_cast<unsigned long long>(seed),
                  text.str().c_str(), static_cast<unsigned long long>(outcome.answers),
                  static_cast<unsigned long long>(outcome.last_call));
    if (!is_acceptable(outcome)) {
      std::printf("seed %llu: %s%s\n", static_cast<unsigned long long>(seed), text.str().c_str(),
                  outcome.leaked ? ", and a secret left the enclave" : "");
      std::printf("last interrupted at %#llx of the runtime\n", static_cast<unsigned long long>(outcome.rip));
      std::printf("0 passed, 1 failed\n");
      return 1;
    }
  }
  std::printf("%llu runs, %llu answers\n", static_cast<unsigned long long>(runs), static_cast<unsigned long long>(answers));
  for (const auto& [ending, count] : endings) std::printf("%8llu  %s\n", static_cast<unsigned long long>(count), ending.c_str());
  return 0;
}

}  // namespace
}  // namespace sgxx::boundary

int main(int count, char** arguments) {
  using sgxx::u64;
  u64 answers = 100'000, seed = 1;
  bool verbose = false;
  for (int i = 1; i < count; ++i) {
    const std::string option = arguments[i];
    if (option == "--verbose") {
      verbose = true;
    } else if ((option == "--answers" || option == "--seed") && i + 1 < count) {
      (option == "--seed" ? seed : answers) = std::strtoull(arguments[++i], nullptr, 10);
      if (option == "--seed") answers = 1, verbose = true;
    } else {
      std::printf("usage: %s [--answers N] [--seed S] [--verbose]\n", arguments[0]);
      return 2;
    }
  }
  return sgxx::boundary::campaign(answers, seed, verbose);
}
