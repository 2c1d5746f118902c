// SPDX-License-Identifier: Apache-2.0
//
// Futexes that are locks (FUTEX_LOCK_PI and its kin): the word holds the owner's thread id, and whoever unlocks hands the lock to
// the thread that has waited longest. Priorities mean nothing in here; what remains is who owns what, also when an owner ends.
#pragma once

#include "enclave/errno.h"

namespace sgxx::enclave {

/// Takes the lock. `deadline`: CLOCK_MONOTONIC ns, ~0 for ever. EDEADLK (it is ours), ESRCH (its owner is gone), ETIMEDOUT,
/// EFAULT; restart_always for a signal.
Outcome<> priority_futex_lock(u64 address, u64 deadline);
/// The same without waiting: EAGAIN.
Outcome<> priority_futex_try_lock(u64 address);
/// EPERM when the lock is not ours.
Outcome<> priority_futex_unlock(u64 address);

/// The lock's owner `tid` ends while holding it: the next one gets it and is told; without one the word says so.
void priority_futex_owner_died(u64 address, i32 tid);
/// The same for whatever lock of `tid` somebody waits for. The thread must not be found any more.
void priority_futexes_owner_died(i32 tid);

}  // namespace sgxx::enclave
