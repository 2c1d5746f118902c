// SPDX-License-Identifier: Apache-2.0
//
// Signals as the Linux x86-64 ABI lays them out: what the program's handlers see, and what a thread's block remembers.
#pragma once

#include <atomic>

#include "base/bytes.h"

namespace sgxx::enclave {

inline constexpr u32 kSignals = 64;

namespace sig {
inline constexpr u32 ill = 4, trap = 5, abrt = 6, bus = 7, fpe = 8, kill = 9, segv = 11, pipe = 13, chld = 17, cont = 18,
                     stop = 19, urg = 23, winch = 28;
inline constexpr u64 bit(u32 number) { return u64{1} << (number - 1); }
inline constexpr u64 unblockable = bit(kill) | bit(stop);
}  // namespace sig

/// struct sigaction of the kernel.
struct SignalAction {
  u64 handler;  // 0: default, 1: ignore
  u64 flags;
  u64 restorer;
  u64 mask;
};
namespace sa {
inline constexpr u64 siginfo = 4, onstack = 0x08000000, restart = 0x10000000, nodefer = 0x40000000, resethand = 0x80000000,
                     restorer = 0x04000000;
}

/// stack_t.
struct SignalStack {
  u64 address;
  i32 flags;  // 1: on it now, 2: disabled
  u32 reserved;
  u64 size;
};

/// siginfo_t, as far as the runtime fills it.
struct SignalInfo {
  i32 number, error, code;
  i32 reserved;
  u64 field0;  // si_addr, or si_pid and si_uid
  u64 value;   // si_value
  std::array<u8, 96> rest;
};
static_assert(sizeof(SignalInfo) == 128 && Crossable<SignalInfo>);

namespace si {
inline constexpr i32 user = 0, tkill = -6, queue = -1, kernel = 0x80;
}

/// What a thread remembers of signals. `pending` is set by any thread; the rest belongs to the thread itself.
struct SignalState {
  std::atomic<u64> pending;
  u64 blocked;
  u64 saved_mask;  // to restore after a handler that sigsuspend let in
  u64 has_saved_mask;
  SignalStack stack;
  struct Detail {
    i32 code;
    i32 sender;
    u64 value;
  };
  std::array<Detail, kSignals> detail;  // of the latest pending signal of each number
};

}  // namespace sgxx::enclave
