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
  toobig = 7,
  badf = 9,
  child = 10,
  again = 11,
  nomem = 12,
  acces = 13,
  fault = 14,
  busy = 16,
  exist = 17,
  xdev = 18,
  nodev = 19,
  notdir = 20,
  isdir = 21,
  inval = 22,
  nfile = 23,
  mfile = 24,
  notty = 25,
  txtbsy = 26,
  fbig = 27,
  nospc = 28,
  spipe = 29,
  rofs = 30,
  mlink = 31,
  pipe = 32,
  dom = 33,
  range = 34,
  deadlk = 35,
  nametoolong = 36,
  nosys = 38,
  notempty = 39,
  loop = 40,
  nodata = 61,
  nonet = 64,
  proto = 71,
  badmsg = 74,
  overflow = 75,
  notsock = 88,
  destaddrreq = 89,
  msgsize = 90,
  prototype = 91,
  noprotoopt = 92,
  protonosupport = 93,
  socktnosupport = 94,
  notsup = 95,
  afnosupport = 97,
  addrinuse = 98,
  addrnotavail = 99,
  netdown = 100,
  netunreach = 101,
  netreset = 102,
  connaborted = 103,
  connreset = 104,
  nobufs = 105,
  isconn = 106,
  notconn = 107,
  toomanyrefs = 109,
  timedout = 110,
  connrefused = 111,
  hostdown = 112,
  hostunreach = 113,
  already = 114,
  inprogress = 115,
  stale = 116,
  dquot = 122,
  canceled = 125,
  nokey = 126,
  keyrejected = 129,
  ownerdead = 130,
  notrecoverable = 131,
  // Never seen by the program: a signal ended the call. What becomes of it depends on what the signal finds.
  restart = 512,            // starts again, unless a handler without SA_RESTART runs: then EINTR
  restart_always = 513,     // starts again
  restart_unhandled = 514,  // starts again, unless a handler runs: then EINTR
  // Nor these: a file of an encrypted volume needs something that cannot be had under its lock (volume/pages.h).
  page_absent = 530,  // a page that lies in the volume alone
  cache_full = 531,   // no page is left in the volume's cache
  volume_full = 532,  // no block may be promised before others have been written and freed
};

template <class T = void>
using Outcome = Result<T, Errno>;

constexpr bool is_restart(Errno error) { return error >= Errno::restart && error <= Errno::restart_unhandled; }

inline Failure<Errno> fail(Errno error) { return {error}; }

}  // namespace sgxx::enclave
