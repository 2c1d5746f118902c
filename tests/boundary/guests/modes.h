// SPDX-License-Identifier: Apache-2.0
//
// What the probe guest can be asked to do: its first argument is one of these letters. Shared by the guest and by the tests.
#pragma once

namespace sgxx::boundary {

enum class Mode : char {
  calls = 'c',      ///< host calls, every register checked around each; no fault handler may ever run
  signals = 's',    ///< signals to itself, each seen once
  faults = 'f',     ///< faults caught by a handler, which looks at the flags and control words that it starts with
  threads = 't',    ///< threads created and joined
  opcodes = 'o',    ///< instructions that an enclave may not execute, at every alignment and across pages
  fresh = 'z',      ///< memory that nobody wrote reads as zero
  random = 'r',     ///< writes what is random about this run
  secrets = 'p',    ///< host calls with a pattern in every register and on the stack
  bases = 'b',      ///< hostile FS and GS bases
  null = 'n',       ///< reads through a null pointer
  clocks = 'k',     ///< clocks never run backwards
  arguments = 'a',  ///< writes its arguments
  quiet = 'q',      ///< ends at once
  promptly = 'w',   ///< one system call or emulated instruction (second argument); a signal must be handled right behind it
  orders = 'x',     ///< two threads, each with a fault and a host call
  growing = 'g',    ///< fills memory, writes where it lies, yields, looks whether it is all there, asks for more
  overflow = 'v',   ///< reads the page below its stack
  keys = 'e',       ///< asks for a sealing key, and forgets it unless the second argument is `k`
};

/// Eight bytes that Mode::secrets puts everywhere.
inline constexpr unsigned long kSecret = 0x5ec4e75ec4e75ec4;

}  // namespace sgxx::boundary
