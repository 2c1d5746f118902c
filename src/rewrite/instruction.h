// SPDX-License-Identifier: Apache-2.0
//
// Instruction: what the analysis needs to know of one. Zydis stays behind `decode` and `touches_memory`.
#pragma once

#include <optional>

#include "rewrite/site.h"

namespace sgxx::rewrite {

/// Where execution goes after an instruction.
enum class Flow : u8 {
  next,
  conditional,    ///< to `target` or on (jcc)
  short_only,     ///< the same, but with no 32-bit form (loop, jrcxz)
  jump,           ///< to `target`
  call,           ///< to `target`, and on
  indirect_jump,  ///< to where a register or memory says
  indirect_call,
  stop,  ///< return, trap or halt
};

struct Instruction {
  u8 length = 0;  ///< 0: not an instruction
  Flow flow = Flow::next;
  u8 displacement_offset = 0;  ///< of a disp32 relative to rip within the instruction; 0: none
  enum class Form : u8 { plain, lea, endbr, system } form = Form::plain;  ///< system: traps or is otherwise not to be moved
  Vaddr target;  ///< of a direct branch, or what the rip-relative operand refers to

  bool exists() const { return length != 0; }
  bool refers_to_memory_near() const { return displacement_offset != 0; }
  bool is_direct_branch() const {
    return flow == Flow::conditional || flow == Flow::short_only || flow == Flow::jump || flow == Flow::call;
  }
  bool falls_through() const { return flow != Flow::jump && flow != Flow::indirect_jump && flow != Flow::stop; }
};

/// Decodes the first instruction of `bytes`, which lies at `address`.
Instruction decode(ByteView bytes, Vaddr address);

/// True when the first instruction of `bytes` reads or writes memory, so that it may fault. (lea and nop do not.)
bool touches_memory(ByteView bytes);

/// For `jmp *register` and `jmp *memory`: what is known of the place the target comes from.
enum class JumpSource : u8 {
  pointer,   ///< loaded as a whole: an address that a relocation, an instruction or a linker made
  computed,  ///< may be the sum of a base and a table's entry
};
/// `block` holds the bytes of the instructions before the jump (in order, each as long as `lengths` says), then the jump.
JumpSource jump_source(ByteView block, std::span<const u8> lengths);

}  // namespace sgxx::rewrite
