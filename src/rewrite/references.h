// SPDX-License-Identifier: Apache-2.0
//
// Who refers to the code of interest from anywhere in the program. An address in a position-independent program comes from a
// 32-bit distance in code, or from a relocation; both can be found without understanding the code that uses them, at every byte
// position, so nothing hides in code that no analysis reached. (Distances in jump tables are the function analysis's business,
// 8-bit branches reach only neighbours and are too.)
#pragma once

#include <vector>

#include "rewrite/candidates.h"
#include "rewrite/code_map.h"

namespace sgxx::rewrite {

struct References {
  std::vector<Vaddr> branches;   ///< targets of what looks like a call or jump with a 32-bit distance
  std::vector<Vaddr> addresses;  ///< targets of what looks like a rip-relative lea, of relocations, landing pads, the entry point

  /// Both are ascending; these are their parts within `range`.
  static std::span<const Vaddr> within(const std::vector<Vaddr>& sorted, VaddrRange range);
};

/// False when the distance at `field` lies in another known function than `target` does, and the disassembly of that function
/// from its start has no instruction there that refers to `target`.
bool may_refer(const CodeMap& map, CodeView code, Vaddr field, Vaddr target);

/// References into any of `interesting`. Bytes within a known function that are certainly in the middle of other instructions are
/// no reference.
References find_references(const elf::File& file, const std::vector<elf::Frame>& frames, const CodeMap& map,
                           std::span<const CodeView> code, std::span<const VaddrRange> interesting);

}  // namespace sgxx::rewrite
