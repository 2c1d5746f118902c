// SPDX-License-Identifier: Apache-2.0
//
// Every place in executable memory whose bytes could be one of the instructions, whatever they really are.
#pragma once

#include <vector>

#include "rewrite/site.h"

namespace sgxx::rewrite {

struct Candidate {
  Vaddr address;
  SiteKind kind;
};

/// Executable bytes and where they lie.
struct CodeView {
  Vaddr begin;
  ByteView bytes;

  VaddrRange range() const { return {begin, bytes.size()}; }
  /// The bytes from `address` (which must lie in range()) to the end.
  ByteView from(Vaddr address) const { return bytes.subspan(address - begin); }
};

std::vector<CodeView> executable_code(const elf::File& file);

/// Ascending within `code`.
void find_candidates(CodeView code, std::vector<Candidate>& candidates);

}  // namespace sgxx::rewrite
