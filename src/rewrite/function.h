// SPDX-License-Identifier: Apache-2.0
//
// Function: one function's code, disassembled twice. Linear sweeps start at every function symbol and FDE and take bytes as they
// come; the traversal follows control flow from every way in that is known. Where both see the same instruction and no third one
// overlaps it, it is an instruction. Everything that may jump into the function is collected as a possible target, generously:
// a target that is none only costs a redirection.
#pragma once

#include <vector>

#include "rewrite/code_map.h"
#include "rewrite/instruction.h"
#include "rewrite/references.h"

namespace sgxx::rewrite {

/// No window extends further than this many bytes from its site: each side stops with the instruction that fills it.
inline constexpr u64 kSurroundings = 24;

class Function {
 public:
  /// Analyses `range` of `code`, which must hold it. When none of `sites` is a certain instruction, what neighbours may
  /// do is left out.
  static Function analyse(const elf::File& file, const CodeMap& map, const References& references, CodeView code,
                          VaddrRange range, std::span<const Vaddr> sites);

  VaddrRange range() const { return range_; }
  /// The instruction that was seen to start at `address`, or one that does not exist.
  const Instruction& at(Vaddr address) const;
  ByteView bytes_of(Vaddr address) const;  ///< of the instruction at `address`
  /// True when linear sweep and traversal both saw an instruction start here and no other overlaps it.
  bool certain(Vaddr address) const;
  bool swept(Vaddr address) const { return has(address, kSwept); }
  bool reached(Vaddr address) const { return has(address, kReached); }
  bool may_be_target(Vaddr address) const { return has(address, kTarget); }
  /// The certain instruction that ends where `address` starts, if there is one.
  std::optional<Vaddr> before(Vaddr address) const;
  /// False when a jump takes its target from arithmetic that was not recognised as a jump table, or an exception table says in an
  /// unknown format where the unwinder may enter.
  bool jumps_understood() const { return jumps_understood_; }

 private:
  static constexpr u8 kSwept = 1, kReached = 2, kTarget = 4;

  Function(const elf::File& file, CodeView code, VaddrRange range);
  bool has(Vaddr address, u8 flag) const { return range_.contains(address) && (flags_[address - range_.begin] & flag) != 0; }
  const Instruction& decode_at(Vaddr address);
  void note(Vaddr address, u8 flag);
  void add_target(Vaddr address);
  void sweep(Vaddr start);
  void traverse();
  void add_seed(Vaddr address);
  void read_tables();
  bool read_table(Vaddr table, Vaddr base);
  JumpSource source_of_jump(Vaddr jump) const;
  void add_short_branches_of_neighbours(CodeView code, const CodeMap& map, std::span<const Vaddr> sites);

  const elf::File* file_;
  ByteView bytes_;  // of range_
  VaddrRange range_;
  std::vector<u8> flags_;     // for each byte
  std::vector<u8> coverage_;  // for each byte: how many instructions seen cover it, at most 2
  std::vector<u32> slots_;    // for each byte: index into instructions_, 0 when it was not decoded
  std::vector<Instruction> instructions_ = {{}};
  std::vector<Vaddr> work_;
  std::vector<Vaddr> table_candidates_;  // what lea computes outside the function
  std::vector<Vaddr> labels_;            // and within
  std::vector<Vaddr> indirect_jumps_;
  bool jumps_understood_ = true;
};

}  // namespace sgxx::rewrite
