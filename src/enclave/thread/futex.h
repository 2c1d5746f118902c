// SPDX-License-Identifier: Apache-2.0
//
// Futexes. Queues and truth live in the enclave; the host only puts threads to sleep and wakes them, and a sleeper that comes
// back looks for itself. A host that never wakes anyone can stop the program, never let two threads in where one belongs.
#pragma once

#include <atomic>

#include "enclave/errno.h"

namespace sgxx::enclave {

/// The deadline that never comes.
inline constexpr u64 kForever = ~u64{0};

/// What the C library and the kernel agree on in the word of a lock that says who owns it.
namespace futex_word {
inline constexpr u32 tid_mask = 0x3fff'ffff, owner_died = 0x4000'0000, waiters = 0x8000'0000;
}

/// How soon a thread goes on that is woken while it still looks. Who has unlocked a mutex mostly locks it again, and one that is
/// handed over each time costs more than one that stays for a while where it is.
enum class Eagerness : bool { prompt, at_leisure };

/// Sleeps while the 32-bit word at `address` holds `expected`. `deadline`: CLOCK_MONOTONIC ns, ~0 for ever.
/// EAGAIN (another value), ETIMEDOUT, restart (a signal), EFAULT.
Outcome<> futex_wait(u64 address, u32 expected, u32 bitset, u64 deadline, Eagerness eagerness);
/// The same for several words at a time, all of which hold what is expected; which of them was woken, the last one if several
/// were.
struct FutexExpectation {
  u64 address;
  u32 expected;
};
inline constexpr u64 kMostFutexes = 128;  // FUTEX_WAITV_MAX
Outcome<u64> futex_wait_any(const FutexExpectation* items, u64 count, u64 deadline);
/// Wakes up to `count` sleepers whose bitsets meet; how many.
u64 futex_wake(u64 address, u32 count, u32 bitset);
/// Wakes `wake_count`, moves up to `move_count` others to `target`. With `expected`, EAGAIN when the word differs.
Outcome<u64> futex_requeue(u64 address, u64 target, u32 wake_count, u32 move_count, const u32* expected);
/// FUTEX_WAKE_OP of the Linux ABI: changes the word at `target`, then wakes on `address` and, when the old value compares, on
/// `target`.
Outcome<u64> futex_wake_op(u64 address, u64 target, u32 wake_count, u32 wake_count2, u32 operation);

/// Sleeps until `woken` is not 0 (whoever sets it then wakes the thread if it is `waiting`): ETIMEDOUT, or restart when a signal
/// came.
Outcome<> sleep_on(const std::atomic<u32>& woken, u64 deadline);
/// Sleeps until `woken` is not 0, whatever signals come.
void sleep_through(const std::atomic<u32>& woken);
/// Sleeps until `deadline` without a futex: ETIMEDOUT, or restart when a signal came.
Outcome<> sleep_until(u64 deadline);

}  // namespace sgxx::enclave
