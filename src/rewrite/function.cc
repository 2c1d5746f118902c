// SPDX-License-Identifier: Apache-2.0
#include "rewrite/function.h"

#include <elf.h>

#include <algorithm>

namespace sgxx::rewrite {
namespace {

constexpr u64 kMaxTableEntries = 1 << 16;
constexpr u64 kMaxBlockLength = 12;  // instructions to look back for a jump's source

}  // namespace

Function::Function(const elf::File& file, CodeView code, VaddrRange range)
    : file_(&file),
      bytes_(code.from(range.begin).subspan(0, range.length)),
      range_(range),
      flags_(range.length),
      coverage_(range.length),
      slots_(range.length) {}

Function Function::analyse(const elf::File& file, const CodeMap& map, const References& references, CodeView code,
                           VaddrRange range, std::span<const Vaddr> sites) {
  Function function(file, code, range);
  auto starts = map.starts_in(range);
  for (Vaddr start : starts) function.sweep(start);
  for (Vaddr start : starts) {
    function.add_target(start);
    function.add_seed(start);
  }
  for (Vaddr name : map.names_in(range)) function.add_target(name);
  for (Vaddr address : References::within(references.addresses, range)) function.add_target(address);
  for (Vaddr target : References::within(references.branches, range)) {
    function.add_target(target);
    if (function.swept(target)) function.add_seed(target);
  }
  for (const elf::Frame* frame : map.frames_in(range)) {
    auto pads = read_landing_pads(file, *frame);
    if (!pads.ok()) {
      function.jumps_understood_ = false;  // another language's table
      continue;
    }
    for (Vaddr pad : *pads) {
      function.add_target(pad);
      function.add_seed(pad);
    }
  }
  function.traverse();
  function.read_tables();
  bool any = std::any_of(sites.begin(), sites.end(), [&](Vaddr site) { return function.certain(site); });
  if (any) function.add_short_branches_of_neighbours(code, map, sites);
  return function;
}

const Instruction& Function::at(Vaddr address) const {
  return range_.contains(address) ? instructions_[slots_[address - range_.begin]] : instructions_[0];
}

ByteView Function::bytes_of(Vaddr address) const { return bytes_.subspan(address - range_.begin, at(address).length); }

bool Function::certain(Vaddr address) const {
  if (!swept(address) || !reached(address)) return false;
  u64 offset = address - range_.begin;
  u64 length = at(address).length;
  return std::all_of(coverage_.begin() + static_cast<std::ptrdiff_t>(offset),
                     coverage_.begin() + static_cast<std::ptrdiff_t>(offset + length), [](u8 count) { return count == 1; });
}

std::optional<Vaddr> Function::before(Vaddr address) const {
  for (u64 length = 1; length <= 15 && address - range_.begin >= length; ++length) {
    Vaddr start = address - length;
    if (certain(start) && at(start).length == length) return start;
  }
  return std::nullopt;
}

const Instruction& Function::decode_at(Vaddr address) {
  u64 offset = address - range_.begin;
  if (slots_[offset] == 0) {
    slots_[offset] = static_cast<u32>(instructions_.size());
    instructions_.push_back(decode(bytes_.subspan(offset), address));
  }
  return instructions_[slots_[offset]];
}

/// Records that one way of looking sees an instruction at `address`, and what follows from that.
void Function::note(Vaddr address, u8 flag) {
  u64 offset = address - range_.begin;
  bool known = (flags_[offset] & (kSwept | kReached)) != 0;
  flags_[offset] |= flag;
  if (known) return;
  const Instruction& instruction = at(address);
  for (u64 i = offset; i < offset + instruction.length; ++i) coverage_[i] = static_cast<u8>(std::min(coverage_[i] + 1, 2));
  if (instruction.is_direct_branch()) add_target(instruction.target);
  if (instruction.form == Instruction::Form::endbr) add_target(address);
  if (instruction.form == Instruction::Form::lea && instruction.refers_to_memory_near()) {
    (range_.contains(instruction.target) ? labels_ : table_candidates_).push_back(instruction.target);
  }
  if (instruction.flow == Flow::indirect_jump) indirect_jumps_.push_back(address);
}

void Function::add_target(Vaddr address) {
  if (range_.contains(address)) flags_[address - range_.begin] |= kTarget;
}

void Function::sweep(Vaddr start) {
  for (Vaddr at = start; range_.contains(at) && !swept(at);) {
    const Instruction& instruction = decode_at(at);
    if (!instruction.exists()) {
      coverage_[at - range_.begin] = 2;
      at = at + 1;
      continue;
    }
    u64 length = instruction.length;
    note(at, kSwept);
    at = at + length;
  }
}

void Function::add_seed(Vaddr address) {
  if (range_.contains(address) && !reached(address)) work_.push_back(address);
}

void Function::traverse() {
  while (!work_.empty()) {
    Vaddr at = work_.back();
    work_.pop_back();
    while (range_.contains(at) && !reached(at)) {
      const Instruction instruction = decode_at(at);
      if (!instruction.exists()) {
        coverage_[at - range_.begin] = 2;
        break;
      }
      note(at, kReached);
      if (instruction.is_direct_branch()) add_seed(instruction.target);
      if (!instruction.falls_through()) break;
      at = at + instruction.length;
    }
  }
}

/// Follows jump tables until nothing new is found, then judges the jumps.
void Function::read_tables() {
  u64 next = 0;
  bool any = false;
  while (next < table_candidates_.size() && !indirect_jumps_.empty()) {
    for (; next < table_candidates_.size(); ++next) {
      Vaddr table = table_candidates_[next];
      any = read_table(table, table) || any;
      // `goto *` through distances between labels: the table's entries count from a label of the function.
      for (Vaddr label : labels_) any = read_table(table, label) || any;
    }
    traverse();
  }
  if (any) return;
  for (Vaddr jump : indirect_jumps_) {
    if (source_of_jump(jump) == JumpSource::computed) jumps_understood_ = false;
  }
}

/// Takes 32-bit distances from `table` for as long as they lead from `base` to code, as `switch` makes them (some into this
/// function, some perhaps into its cold part), and until the next thing that the function refers to: tables of one function lie
/// side by side. Reading on into what follows only adds targets that nothing jumps to.
bool Function::read_table(Vaddr table, Vaddr base) {
  u64 end = kMaxTableEntries;
  for (Vaddr other : table_candidates_) {
    if (other > table) end = std::min(end, (other - table) / 4);
  }
  bool any = false;
  for (u64 count = 0; count < end; ++count) {
    auto bytes = file_->bytes_at(table + 4 * count, 4);
    if (!bytes) break;
    Vaddr target(base.value + static_cast<u64>(i64{*read_at<i32>(*bytes, 0)}));
    const elf::Segment* segment = file_->segment_at(target);
    if (segment == nullptr || !segment->permission.executable()) break;
    if (!range_.contains(target)) continue;
    any = true;
    add_target(target);
    if (swept(target)) add_seed(target);
  }
  return any;
}

JumpSource Function::source_of_jump(Vaddr jump) const {
  std::vector<u8> lengths;
  Vaddr first = jump;
  while (lengths.size() < kMaxBlockLength && !may_be_target(first)) {
    auto previous = before(first);
    if (!previous || !at(*previous).falls_through()) break;
    lengths.insert(lengths.begin(), at(*previous).length);
    first = *previous;
  }
  return jump_source(bytes_.subspan(first - range_.begin, jump - first + at(jump).length), lengths);
}

/// A neighbour's 8-bit branch reaches 128 bytes into this function. What looks like one counts if it leads to the surroundings of
/// a site and the neighbour is not known to hold another instruction there.
void Function::add_short_branches_of_neighbours(CodeView code, const CodeMap& map, std::span<const Vaddr> sites) {
  constexpr u64 kReach = 130;
  auto near_site = [&](Vaddr target) {
    return std::any_of(sites.begin(), sites.end(),
                       [&](Vaddr site) { return target + kSurroundings >= site && target <= site + kSurroundings; });
  };
  auto scan = [&](Vaddr begin, Vaddr end) {
    for (Vaddr at = begin; at + 1 < end; at = at + 1) {
      ByteView bytes = code.from(at);
      bool branch = (bytes[0] & 0xf0) == 0x70 || bytes[0] == 0xeb || (bytes[0] & 0xfc) == 0xe0;
      if (!branch) continue;
      Vaddr target(at.value + 2 + static_cast<u64>(i64{static_cast<std::int8_t>(bytes[1])}));
      if (range_.contains(target) && near_site(target) && may_refer(map, code, at + 1, target)) add_target(target);
    }
  };
  u64 below = std::min<u64>(kReach, range_.begin - code.begin);
  scan(range_.begin - below, range_.begin + 1);
  u64 above = std::min<u64>(kReach, code.range().end() - range_.end());
  scan(range_.end(), range_.end() + above);
}

}  // namespace sgxx::rewrite
