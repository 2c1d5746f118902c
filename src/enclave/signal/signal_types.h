// SPDX-License-Identifier: Apache-2.0
//
// Signals as the Linux x86-64 ABI lays them out: what the program's handlers see, and what a thread's block remembers.
#pragma once

#include <atomic>

#include "base/bytes.h"

namespace sgxx::enclave {

inline constexpr u32 kSignals = 64;

namespace sig {
inline constexpr u32 ill = 4, trap = 5, abrt = 6, bus = 7, fpe = 8, kill = 9, segv = 11, pipe = 13, alrm = 14, chld = 17,
                     cont = 18, stop = 19, tstp = 20, ttin = 21, ttou = 22, urg = 23, vtalrm = 26, prof = 27, winch = 28,
                     sys = 31;
inline constexpr u32 first_realtime = 32;  // from here on several of one number may wait
constexpr u64 bit(u32 number) { return u64{1} << (number - 1); }
inline constexpr u64 unblockable = bit(kill) | bit(stop);
inline constexpr u64 synchronous = bit(ill) | bit(trap) | bit(bus) | bit(fpe) | bit(segv) | bit(sys);
// What does nothing unless there is a handler. Nobody could continue a stopped enclave, so signals that stop a process do nothing
// either, as for a process whose group has lost its terminal.
inline constexpr u64 ignored_by_default =
    bit(chld) | bit(cont) | bit(urg) | bit(winch) | bit(stop) | bit(tstp) | bit(ttin) | bit(ttou);
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
  i32 flags;  // signal_stack
  u32 reserved;
  u64 size;
};

namespace signal_stack {
inline constexpr i32 in_use = 1, disabled = 2,
                     disarm = static_cast<i32>(0x80000000);  // disarm: disabled while a handler runs on it
}
inline bool is_on_stack(const SignalStack& stack, u64 rsp) {
  return (stack.flags & (signal_stack::disabled | signal_stack::disarm)) == 0 && rsp > stack.address &&
         rsp - stack.address <= stack.size;
}

/// siginfo_t, as far as the runtime fills it.
struct SignalInfo {
  i32 number, error, code;
  i32 reserved;
  u64 field0;  // si_addr; or si_pid and si_uid; or si_timerid and si_overrun
  u64 value;   // si_value
  std::array<u8, 96> rest;
};
static_assert(sizeof(SignalInfo) == 128 && Crossable<SignalInfo>);

namespace si {
inline constexpr i32 user = 0, tkill = -6, queue = -1, timer = -2, kernel = 0x80;
}

/// What is remembered of a signal until somebody takes it.
struct SignalDetail {
  i32 code, error;
  u64 field0, value;
  u32 timer;  // 1 + the number of the timer that sent it, or 0
  u32 timer_generation;
};

struct QueuedSignal {
  QueuedSignal* next;
  SignalDetail detail;
  u32 number;
};

/// Signals that wait: which numbers, readable without a lock, and what there is to know of each, in order of arrival.
struct PendingSignals {
  std::atomic<u64> set;
  std::atomic<i32> owner;  // the thread's id while it takes signals; 0: the process, or nobody
  QueuedSignal* first;
  QueuedSignal* last;
};

/// What a thread remembers of signals. Any thread may add to `pending`; the rest belongs to the thread itself.
struct SignalState {
  PendingSignals pending;
  std::atomic<u64> blocked;
  std::atomic<u64> waited;  // those that sigwait asks for just now: they wake the thread although they are blocked
  u64 saved_mask;           // to restore after a handler that sigsuspend let in
  u64 has_saved_mask;
  SignalStack stack;
};

}  // namespace sgxx::enclave
