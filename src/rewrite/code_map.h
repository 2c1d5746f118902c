// SPDX-License-Identifier: Apache-2.0
//
// CodeMap: what symbols and FDEs say about an address. No single one suffices: FDEs miss hand-written code such as `__clone`,
// symbols miss `__restore_rt`, and data between functions is known by OBJECT symbols at best.
#pragma once

#include <string_view>
#include <vector>

#include "elf/frames.h"
#include "rewrite/site.h"

namespace sgxx::rewrite {

/// Ranges that may nest and overlap, with what covers an address.
class RangeIndex {
 public:
  struct Entry {
    VaddrRange range;
    u32 index;  ///< of whatever the caller indexes by it
  };

  void add(VaddrRange range, u32 index) { entries_.push_back({range, index}); }
  void build();
  /// Calls `visit(entry)` for each range that covers `address`, from the one that begins last.
  template <class Visit>
  void covering(Vaddr address, Visit visit) const;
  /// The entries whose range begins within `range`, ascending.
  std::span<const Entry> beginning_in(VaddrRange range) const;

 private:
  u64 first_after(Vaddr address) const;

  std::vector<Entry> entries_;      // by begin, then by length
  std::vector<Vaddr> highest_end_;  // of entries_[0..i]
};

class CodeMap {
 public:
  /// Both must outlive the map.
  CodeMap(const elf::File& file, const std::vector<elf::Frame>& frames);

  bool in_object(VaddrRange range) const;

  /// The smallest range that holds every function symbol and FDE that covers `address`; nothing when none does.
  std::optional<VaddrRange> function_at(Vaddr address) const;

  /// The innermost function symbol that covers `address`.
  const elf::Symbol* symbol_at(Vaddr address) const;

  /// True when a function symbol or an FDE begins at `address`.
  bool is_start(Vaddr address) const { return !starts_in({address, 1}).empty(); }
  /// Where functions begin within `range` (symbols and FDEs), ascending, unique.
  std::vector<Vaddr> starts_in(VaddrRange range) const;
  /// All symbols' values within `range`: an address with a name may be known to anyone.
  std::vector<Vaddr> names_in(VaddrRange range) const;
  /// FDEs that begin within `range`.
  std::vector<const elf::Frame*> frames_in(VaddrRange range) const;

 private:
  const elf::File& file_;
  const std::vector<elf::Frame>& frames_;
  RangeIndex functions_;  // of symbols()
  RangeIndex objects_;
  RangeIndex frame_ranges_;
  std::vector<Vaddr> names_;
};

}  // namespace sgxx::rewrite
