// SPDX-License-Identifier: Apache-2.0
//
// What a process may ask about itself and the system. The answers are constants or come from the measured configuration; the
// host is not asked.
#include "enclave/file/descriptors.h"
#include "enclave/memory/mappings.h"
#include "enclave/program_memory.h"
#include "enclave/random.h"
#include "enclave/signal/queue.h"
#include "enclave/string.h"
#include "enclave/syscall/table.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

struct Limit {
  u64 soft, hard;
};
constexpr u64 kUnlimited = ~u64{0};

/// RLIMIT_*: stacks, descriptors and core files are bounded, nothing else is.
constexpr u64 kFiles = 7;  // RLIMIT_NOFILE

Outcome<Limit> limit_of(u64 resource) {
  constexpr u64 kStack = 3, kCore = 4, kProcesses = 6, kPendingSignals = 11, kLimits = 16;
  if (resource >= kLimits) return fail(Errno::inval);
  switch (resource) {
    case kStack: return Limit{enclave_config.thread_stack_default, kUnlimited};
    case kCore: return Limit{0, 0};
    case kProcesses: return Limit{enclave_config.thread_count, enclave_config.thread_count};
    case kFiles: return Limit{descriptor_limit(), kMostDescriptors};
    case kPendingSignals: return Limit{kMostQueuedSignals, kMostQueuedSignals};
    default: return Limit{kUnlimited, kUnlimited};
  }
}

/// EPERM for what the image says once and for all.
Outcome<> set_limit(u64 resource, Limit before, u64 address) {
  const Limit wanted = TRY(load<Limit>(address));
  if (wanted.soft > wanted.hard) return fail(Errno::inval);
  if (resource == kFiles && wanted.hard == before.hard) {
    set_descriptor_limit(wanted.soft);
  } else if (wanted.soft != before.soft || wanted.hard != before.hard) {
    return fail(Errno::perm);
  }
  return {};
}

}  // namespace

Outcome<u64> getpid(SyscallFrame&) { return static_cast<u64>(kProcessId); }

/// getpgid and getsid, of a process or a thread: there is one.
Outcome<u64> getpgid(SyscallFrame& frame) {
  const i32 id = static_cast<i32>(frame.rdi);
  if (id != 0 && !is_thread(id)) return fail(Errno::srch);
  return static_cast<u64>(kProcessId);
}

Outcome<u64> getppid(SyscallFrame&) { return u64{1}; }
Outcome<u64> getuid(SyscallFrame&) { return u64{kUserId}; }

Outcome<u64> uname(SyscallFrame& frame) {
  struct Name {
    std::array<std::array<char, 65>, 6> fields;
  } name{};
  const auto set = [&name](std::size_t field, const char* text) { memcpy(name.fields[field].data(), text, strlen(text)); };
  set(0, "Linux");
  set(1, "enclave");
  set(2, "6.1.0-sgxx");
  set(3, "#1 sgxx");
  set(4, "x86_64");
  set(5, "(none)");
  TRY(store(frame.rdi, name));
  return u64{0};
}

Outcome<u64> sysinfo(SyscallFrame& frame) {
  struct Info {
    i64 uptime;
    std::array<u64, 3> loads;
    u64 total, free, shared, buffers, total_swap, free_swap;
    u16 processes, pad;
    u32 pad2;
    u64 total_high, free_high;
    u32 unit;
    u32 pad3;
  } info{};
  const MemoryUse use = memory_use();
  info.uptime = static_cast<i64>(monotonic_now() / kNanosecondsPerSecond);
  info.total = use.heap_pages * kPageSize;
  info.free = (use.heap_pages - use.used_pages) * kPageSize;
  info.processes = 1;
  info.unit = 1;
  TRY(store(frame.rdi, info));
  return u64{0};
}

Outcome<u64> getrlimit(SyscallFrame& frame) {
  const Limit limit = TRY(limit_of(frame.rdi));
  TRY(store(frame.rsi, limit));
  return u64{0};
}

Outcome<u64> setrlimit(SyscallFrame& frame) {
  const Limit before = TRY(limit_of(frame.rdi));
  TRY(set_limit(frame.rdi, before, frame.rsi));
  return u64{0};
}

Outcome<u64> prlimit64(SyscallFrame& frame) {
  if (frame.rdi != 0 && frame.rdi != static_cast<u64>(kProcessId)) return fail(Errno::srch);
  const Limit limit = TRY(limit_of(frame.rsi));
  if (frame.rdx != 0) TRY(set_limit(frame.rsi, limit, frame.rdx));
  if (frame.r10 != 0) TRY(store(frame.r10, limit));
  return u64{0};
}

Outcome<u64> getrusage(SyscallFrame& frame) {
  const i32 who = static_cast<i32>(frame.rdi);
  if (who != 0 && who != 1 && who != -1) return fail(Errno::inval);
  const u64 used = who == -1 ? 0 : who == 1 ? clock_now({ClockName::Kind::thread_cpu, {}, &current()}) : process_cpu_time();
  std::array<u64, 18> usage{used / kNanosecondsPerSecond, used % kNanosecondsPerSecond / 1000};
  usage[4] = memory_use().used_pages * kPageSize / 1024;
  TRY(store(frame.rsi, usage));
  return u64{0};
}

// A thread's name is kept. No core of an enclave is ever written, whatever PR_SET_DUMPABLE says, and no set-user-ID program is
// ever executed; both are remembered. There is no parent to die and there are no children to come: what is said of them is
// remembered, too, and so is how late a sleep may end, which is the host's affair.
Outcome<u64> prctl(SyscallFrame& frame) {
  constexpr u64 kGetDumpable = 3, kSetDumpable = 4, kSetName = 15, kGetName = 16, kSetNoNewPrivileges = 38,
                kGetNoNewPrivileges = 39;
  constexpr u64 kSetParentDeath = 1, kGetParentDeath = 2, kGetSeccomp = 21, kReadBound = 23, kSetSlack = 29, kGetSlack = 30,
                kSetSubreaper = 36, kGetSubreaper = 37;
  constexpr u64 kSlack = 50'000, kMostCapability = 40;
  static std::atomic<u32> dumpable{1}, no_new_privileges{0}, parent_death{0}, subreaper{0};
  static std::atomic<u64> slack{kSlack};
  const bool rest_is_zero = (frame.rdx | frame.r10 | frame.r8) == 0;
  ThreadBlock& thread = current();
  switch (frame.rdi) {
    case kGetDumpable: return u64{dumpable.load()};
    case kSetDumpable:
      if (frame.rsi > 1) return fail(Errno::inval);
      dumpable.store(static_cast<u32>(frame.rsi));
      return u64{0};
    case kSetName: {
      std::array<char, 16> name{};
      for (u64 i = 0; i + 1 < name.size(); ++i) {
        name[i] = TRY(load<char>(frame.rsi + i));
        if (name[i] == 0) break;
      }
      thread.name = name;
      return u64{0};
    }
    case kGetName: TRY(store(frame.rsi, thread.name)); return u64{0};
    case kSetParentDeath:
      if (frame.rsi > kSignals) return fail(Errno::inval);
      parent_death.store(static_cast<u32>(frame.rsi));
      return u64{0};
    case kGetParentDeath: TRY(store(frame.rsi, parent_death.load())); return u64{0};
    case kSetSubreaper: subreaper.store(frame.rsi != 0 ? 1 : 0); return u64{0};
    case kGetSubreaper: TRY(store(frame.rsi, subreaper.load())); return u64{0};
    case kGetSeccomp: return u64{0};
    case kReadBound: return frame.rsi > kMostCapability ? fail(Errno::inval) : Outcome<u64>(u64{0});
    case kSetSlack: slack.store(frame.rsi == 0 ? kSlack : frame.rsi); return u64{0};
    case kGetSlack: return slack.load();
    case kSetNoNewPrivileges:
      if (frame.rsi != 1 || !rest_is_zero) return fail(Errno::inval);
      no_new_privileges.store(1);
      return u64{0};
    case kGetNoNewPrivileges:
      if (frame.rsi != 0 || !rest_is_zero) return fail(Errno::inval);
      return u64{no_new_privileges.load()};
    default: return fail(Errno::inval);
  }
}

// PER_LINUX without any flag.
Outcome<u64> personality(SyscallFrame& frame) {
  constexpr u32 kAsk = ~u32{0};
  const u32 wanted = static_cast<u32>(frame.rdi);
  return wanted == 0 || wanted == kAsk ? Outcome<u64>(u64{0}) : fail(Errno::inval);
}

// There are no children.
Outcome<u64> wait4(SyscallFrame& frame) {
  constexpr u32 kOptions = 0xe000'000b;  // WNOHANG, WUNTRACED, WCONTINUED, __WNOTHREAD, __WALL, __WCLONE
  if ((static_cast<u32>(frame.rdx) & ~kOptions) != 0) return fail(Errno::inval);
  if (static_cast<u32>(frame.rdi) == 0x8000'0000) return fail(Errno::srch);
  return fail(Errno::child);
}

Outcome<u64> waitid(SyscallFrame& frame) {
  constexpr u32 kEvents = 0xe, kOptions = kEvents | 0xe100'0001;  // WNOHANG, WNOWAIT and those of wait4
  constexpr u32 kAll = 0, kProcess = 1, kGroup = 2;
  const u32 options = static_cast<u32>(frame.r10);
  const i32 id = static_cast<i32>(frame.rsi);
  if ((options & ~kOptions) != 0 || (options & kEvents) == 0) return fail(Errno::inval);
  switch (static_cast<u32>(frame.rdi)) {
    case kAll: break;
    case kProcess:
      if (id <= 0) return fail(Errno::inval);
      break;
    case kGroup:
      if (id < 0) return fail(Errno::inval);
      break;
    default: return fail(Errno::inval);
  }
  return fail(Errno::child);
}

Outcome<u64> getrandom(SyscallFrame& frame) {
  constexpr u64 kMost = 1 << 25;
  constexpr u64 kNonblocking = 1, kRandom = 2, kInsecure = 4;
  const u64 flags = static_cast<u32>(frame.rdx);
  if ((flags & ~(kNonblocking | kRandom | kInsecure)) != 0) return fail(Errno::inval);
  if ((flags & kRandom) != 0 && (flags & kInsecure) != 0) return fail(Errno::inval);
  u64 left = frame.rsi < kMost ? frame.rsi : kMost;
  TRY(check_writable(frame.rdi, left));
  for (u64 at = frame.rdi; left != 0;) {
    const u64 word = random_word();
    const u64 count = left < sizeof(word) ? left : sizeof(word);
    TRY(write_program(at, &word, count));
    at += count;
    left -= count;
  }
  return frame.rsi < kMost ? frame.rsi : kMost;
}

}  // namespace sgxx::enclave::syscall
