// SPDX-License-Identifier: Apache-2.0
#include "rewrite/function.h"

#include <elf.h>

#include <algorithm>

namespace sgxx::rewrite {
namespace {

constexpr u64 kMaxTableEntries = 1 << 16;
constexpr u64 kMaxBlockLength = 12;  // instructions to look back for a jump's source

/// Bytes of run-up within which sweeps usually merge into the true one.
constexpr u64 kRunUp = 64;

/// Calls `visit(address, instruction)` once for each instruction that a linear sweep from any of the first 16 bytes of [begin, end)
/// meets. No instruction is longer than 15 bytes, so where all is code, one of the sweeps is in step with it.
template <class Visit>
void sweep_in_step(CodeView code, Vaddr begin, Vaddr end, Visit visit) {
  constexpr u64 kSweeps = 16;
  std::vector<bool> seen(end - begin);
  for (u64 sweep = 0; sweep < kSweeps; ++sweep) {
    for (Vaddr at = begin + sweep; at < end && !seen[at - begin];) {
      seen[at - begin] = true;
      Instruction instruction = decode(code.from(at), at);
      if (instruction.exists()) visit(at, instruction);
      at = at + std::max<u64>(instruction.length, 1);
    }
  }
}

}  // namespace

Function::Function(const elf::File& file, CodeView code, VaddrRange range)
    : file_(&file), bytes_(code.from(range.begin).subspan(0, range.length)), range_(range),
      flags_(range.length), coverage_(range.length), slots_(range.length) {}

Result<Function> Function::analyse(const elf::File& file, const CodeMap& map, const References& references, CodeView code, VaddrRange range) {
  Function function(file, code, range);
  auto starts = map.starts_in(range);
  for (Vaddr start : starts) {
    function.sweep(start);
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
    for (Vaddr pad : TRY(read_landing_pads(file, *frame))) {
      function.add_target(pad);
      function.add_seed(pad);
    }
  }
  function.add_short_branches_of_neighbours(code);
  function.traverse();
  function.read_tables();
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
  return std::all_of(coverage_.begin() + static_cast<std::ptrdiff_t>(offset), coverage_.begin() + static_cast<std::ptrdiff_t>(offset + length),
                     [](u8 count) { return count == 1; });
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
    const elf::Segment* segment = file_->segment_at(instruction.target);
    if (segment != nullptr && !range_.contains(instruction.target)) table_candidates_.push_back(instruction.target);
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
    for (; next < table_candidates_.size(); ++next) any = read_table(table_candidates_[next]) || any;
    traverse();
  }
  if (any) return;
  for (Vaddr jump : indirect_jumps_) {
    if (source_of_jump(jump) == JumpSource::computed) jumps_understood_ = false;
  }
}

/// Takes 32-bit distances from `table` for as long as they lead into the function, as `switch` makes them, and until the next
/// thing that the function refers to. Reading on into what follows the table only adds targets that nothing jumps to.
bool Function::read_table(Vaddr table) {
  u64 end = kMaxTableEntries;
  for (Vaddr other : table_candidates_) {
    if (other > table) end = std::min(end, (other - table) / 4);
  }
  u64 count = 0;
  for (; count < end; ++count) {
    auto bytes = file_->bytes_at(table + 4 * count, 4);
    if (!bytes) break;
    Vaddr target(table.value + static_cast<u64>(i64{*read_at<i32>(*bytes, 0)}));
    if (!range_.contains(target)) break;
    add_target(target);
    if (swept(target)) add_seed(target);
  }
  return count != 0;
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

/// A neighbour's 8-bit branch reaches 128 bytes into this function, and the neighbour was not decoded from its start.
void Function::add_short_branches_of_neighbours(CodeView code) {
  constexpr u64 kReach = 130;
  auto add = [&](Vaddr, const Instruction& instruction) {
    if (instruction.is_direct_branch()) add_target(instruction.target);
  };
  u64 below = std::min<u64>(kReach + kRunUp, range_.begin - code.begin);
  sweep_in_step(code, range_.begin - below, range_.begin, add);
  u64 above = std::min<u64>(kReach, code.range().end() - range_.end());
  sweep_in_step(code, range_.end(), range_.end() + above, add);
}

}  // namespace sgxx::rewrite
