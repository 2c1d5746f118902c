// SPDX-License-Identifier: Apache-2.0
//
// The enclave's error type: an errno of the Linux x86-64 ABI, or one of the runtime's own for a system call that a signal
// interrupted and that may start again.
#pragma once

#include "base/checked.h"
#include "base/result.h"

namespace sgxx::enclave {

enum class Errno : i32 {
  perm = 1,
  noent = 2,
  srch = 3,
  intr = 4,
  io = 5,
  nxio = 6,
  badf = 9,
  again = 11,
  nomem = 12,
  acces = 13,
  fault = 14,
  busy = 16,
  exist = 17,
  nodev = 19,
  notdir = 20,
  inval = 22,
  mfile = 24,
  notty = 25,
  fbig = 27,
  spipe = 29,
  rofs = 30,
  pipe = 32,
  range = 34,
  deadlk = 35,
  nosys = 38,
  overflow = 75,
  notsup = 95,
  timedout = 110,
  // Never seen by the program: a signal ended the call. What becomes of it depends on what the signal finds.
  restart = 512,            // starts again, unless a handler without SA_RESTART runs: then EINTR
  restart_always = 513,     // starts again
  restart_unhandled = 514,  // starts again, unless a handler runs: then EINTR
};

template <class T = void>
using Outcome = Result<T, Errno>;

constexpr bool is_restart(Errno error) { return error >= Errno::restart && error <= Errno::restart_unhandled; }

inline Failure<Errno> fail(Errno error) { return {error}; }

}  // namespace sgxx::enclave
