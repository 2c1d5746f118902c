// SPDX-License-Identifier: Apache-2.0
//
// A site: a place in executable memory whose bytes are an instruction that an enclave may not execute, and what was decided.
#pragma once

#include <string>
#include <string_view>

#include "elf/file.h"

namespace sgxx::rewrite {

using elf::Vaddr;
using elf::VaddrRange;

enum class SiteKind : u8 { syscall, cpuid, rdtsc, rdtscp, xgetbv, sysenter, int80 };

/// Why a site was redirected or left alone. What is left alone traps and is served by the exception handler, or is not code.
enum class Decision : u8 {
  redirected,
  rewriting_off,        ///< asked not to
  never_redirected,     ///< sysenter and int 0x80 are not part of the 64-bit ABI
  in_object,            ///< data: an OBJECT symbol covers it
  outside_functions,    ///< neither a function symbol nor an FDE covers it
  function_too_large,   ///< more than analysis is willing to decode
  signal_trampoline,    ///< unwinders recognise its bytes
  not_an_instruction,   ///< the bytes are part of another instruction
  doubtful_code,        ///< linear sweep and control flow see different instructions here
  not_reached,          ///< no control flow leads here that is understood
  unresolved_jump,      ///< its function computes jump targets, or has an exception table, of an unknown kind
  branch_into_window,   ///< something may jump between the instructions that would be replaced
  immovable_neighbour,  ///< too few neighbours that can be moved
  out_of_reach,         ///< the stub or the runtime is more than 2 GiB away
};

/// A line's worth of words for a person, e.g. "left alone: part of another instruction".
std::string_view describe(Decision decision);
/// The enumerator's name, for JSON.
std::string_view name_of(Decision decision);
std::string_view name_of(SiteKind kind);
/// Length of the instruction in bytes.
u64 length_of(SiteKind kind);

struct Site {
  Vaddr address;
  SiteKind kind = SiteKind::syscall;
  Decision decision = Decision::rewriting_off;
  std::string function;     ///< the symbol that covers it, mangled; empty when there is none
  u64 function_offset = 0;  ///< from that symbol
  VaddrRange window;        ///< what is replaced; empty unless redirected
  /// Where execution goes on after the runtime: right behind the window, or in the stub, which ends with a jump there.
  enum class Resume : u8 { program, stub } resume = Resume::program;
};

}  // namespace sgxx::rewrite
