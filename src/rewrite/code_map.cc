// SPDX-License-Identifier: Apache-2.0
#include "rewrite/code_map.h"

#include <algorithm>
#include <tuple>

namespace sgxx::rewrite {
namespace {

bool overlaps_code(const elf::File& file, VaddrRange range) {
  return std::any_of(file.segments().begin(), file.segments().end(), [&](const elf::Segment& segment) {
    return segment.permission.executable() && segment.memory.overlaps(range);
  });
}

}  // namespace

void RangeIndex::build() {
  std::sort(entries_.begin(), entries_.end(), [](const Entry& a, const Entry& b) {
    return std::tuple(a.range.begin, a.range.length, a.index) < std::tuple(b.range.begin, b.range.length, b.index);
  });
  highest_end_.reserve(entries_.size());
  Vaddr highest;
  for (const Entry& entry : entries_) highest_end_.push_back(highest = std::max(highest, entry.range.end()));
}

u64 RangeIndex::first_after(Vaddr address) const {
  auto found = std::upper_bound(entries_.begin(), entries_.end(), address,
                                [](Vaddr wanted, const Entry& entry) { return wanted < entry.range.begin; });
  return static_cast<u64>(found - entries_.begin());
}

template <class Visit>
void RangeIndex::covering(Vaddr address, Visit visit) const {
  for (u64 i = first_after(address); i-- > 0 && highest_end_[i] > address;) {
    if (entries_[i].range.contains(address)) visit(entries_[i]);
  }
}

std::span<const RangeIndex::Entry> RangeIndex::beginning_in(VaddrRange range) const {
  auto less = [](const Entry& entry, Vaddr wanted) { return entry.range.begin < wanted; };
  auto first = std::lower_bound(entries_.begin(), entries_.end(), range.begin, less);
  auto last = std::lower_bound(first, entries_.end(), range.end(), less);
  return {first, last};
}

CodeMap::CodeMap(const elf::File& file, const std::vector<elf::Frame>& frames) : file_(file), frames_(frames) {
  const auto& symbols = file.symbols();
  for (u32 i = 0; i < symbols.size(); ++i) {
    const elf::Symbol& symbol = symbols[i];
    VaddrRange range{symbol.value, symbol.size};
    if (symbol.kind == elf::SymbolKind::object && overlaps_code(file, range)) objects_.add(range, i);
    const elf::Segment* segment = file.segment_at(symbol.value);
    if (segment == nullptr || !segment->permission.executable() || symbol.kind == elf::SymbolKind::tls) continue;
    names_.push_back(symbol.value);
    if (symbol.kind == elf::SymbolKind::function || symbol.kind == elf::SymbolKind::indirect_function) functions_.add(range, i);
  }
  for (u32 i = 0; i < frames.size(); ++i) frame_ranges_.add(frames[i].code, i);
  std::sort(names_.begin(), names_.end());
  functions_.build();
  objects_.build();
  frame_ranges_.build();
}

bool CodeMap::in_object(VaddrRange range) const {
  bool found = !objects_.beginning_in(range).empty();
  objects_.covering(range.begin, [&](const RangeIndex::Entry&) { found = true; });
  return found;
}

std::optional<VaddrRange> CodeMap::function_at(Vaddr address) const {
  std::optional<VaddrRange> whole;
  auto include = [&](const RangeIndex::Entry& entry) {
    if (!whole) {
      whole = entry.range;
      return;
    }
    Vaddr begin = std::min(whole->begin, entry.range.begin);
    Vaddr end = std::max(whole->end(), entry.range.end());
    whole = VaddrRange{begin, end - begin};
  };
  functions_.covering(address, include);
  frame_ranges_.covering(address, include);
  return whole;
}

const elf::Symbol* CodeMap::symbol_at(Vaddr address) const {
  const elf::Symbol* innermost = nullptr;
  functions_.covering(address, [&](const RangeIndex::Entry& entry) {
    const elf::Symbol& symbol = file_.symbols()[entry.index];
    // Of several names for one function, the shortest and then the first alphabetically, so that reports do not vary.
    auto rank = [](const elf::Symbol& s) { return std::tuple(~s.value.value, s.size, s.name.size(), s.name); };
    if (innermost == nullptr || rank(symbol) < rank(*innermost)) innermost = &symbol;
  });
  return innermost;
}

std::vector<Vaddr> CodeMap::starts_in(VaddrRange range) const {
  std::vector<Vaddr> starts;
  for (const auto& entry : functions_.beginning_in(range)) starts.push_back(entry.range.begin);
  for (const auto& entry : frame_ranges_.beginning_in(range)) starts.push_back(entry.range.begin);
  std::sort(starts.begin(), starts.end());
  starts.erase(std::unique(starts.begin(), starts.end()), starts.end());
  return starts;
}

std::vector<Vaddr> CodeMap::names_in(VaddrRange range) const {
  return {std::lower_bound(names_.begin(), names_.end(), range.begin),
          std::lower_bound(names_.begin(), names_.end(), range.end())};
}

std::vector<const elf::Frame*> CodeMap::frames_in(VaddrRange range) const {
  std::vector<const elf::Frame*> found;
  for (const auto& entry : frame_ranges_.beginning_in(range)) found.push_back(&frames_[entry.index]);
  return found;
}

}  // namespace sgxx::rewrite
