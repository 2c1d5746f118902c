// SPDX-License-Identifier: Apache-2.0
#include "rewrite/stub.h"

#include <limits>

namespace sgxx::rewrite {
namespace {

constexpr u64 kStubAlignment = 16;
constexpr u8 kInt3 = 0xcc;

std::optional<i32> distance(EnclaveOffset from, EnclaveOffset to) {
  auto difference = static_cast<i64>(to.value - from.value);
  if (difference < std::numeric_limits<i32>::min() || difference > std::numeric_limits<i32>::max()) return std::nullopt;
  return static_cast<i32>(difference);
}

void append(std::vector<u8>& bytes, i32 value) {
  for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<u8>(static_cast<u32>(value) >> shift));
}

}  // namespace

void StubWriter::put_distance(EnclaveOffset target, u64 trailing) {
  auto value = distance(here() + 4 + trailing, target);
  if (!value) in_reach_ = false;
  append(bytes_, value.value_or(0));
}

void StubWriter::put_moved(const Moved& moved) {
  const Instruction& instruction = moved.instruction;
  moved_.push_back({here(), in_program(moved.from)});
  switch (instruction.flow) {
    case Flow::conditional: {
      // 7x rel8 and 0f 8x rel32 keep the condition in the low four bits of their opcode.
      u8 opcode = instruction.length == 2 ? moved.bytes[0] : moved.bytes[1];
      put({0x0f, static_cast<u8>(0x80 | (opcode & 0x0f))});
      put_distance(in_program(instruction.target));
      return;
    }
    case Flow::jump:
      put({0xe9});
      put_distance(in_program(instruction.target));
      return;
    default: break;
  }
  if (!instruction.refers_to_memory_near()) {
    bytes_.insert(bytes_.end(), moved.bytes.begin(), moved.bytes.end());
    return;
  }
  auto head = moved.bytes.subspan(0, instruction.displacement_offset);
  auto tail = moved.bytes.subspan(instruction.displacement_offset + 4u);
  bytes_.insert(bytes_.end(), head.begin(), head.end());
  put_distance(in_program(instruction.target), tail.size());
  bytes_.insert(bytes_.end(), tail.begin(), tail.end());
}

EnclaveOffset StubWriter::runtime_entry(SiteKind kind) const {
  switch (kind) {
    case SiteKind::cpuid: return targets_.cpuid;
    case SiteKind::rdtsc: return targets_.rdtsc;
    case SiteKind::rdtscp: return targets_.rdtscp;
    case SiteKind::xgetbv: return targets_.xgetbv;
    default: return targets_.syscall;
  }
}

std::optional<std::vector<u8>> StubWriter::write(SiteKind kind, const Window& window) {
  const u64 rollback_bytes = bytes_.size(), rollback_moved = moved_.size();
  in_reach_ = true;
  while (bytes_.size() % kStubAlignment != 0) bytes_.push_back(kInt3);
  EnclaveOffset stub = here();
  EnclaveOffset behind = in_program(window.range.end());

  for (const Moved& moved : window.before) put_moved(moved);
  constexpr u64 kLinkAndJump = 12;
  EnclaveOffset resume = window.after.empty() ? behind : here() + kLinkAndJump;
  // Until the jump nothing has changed but the link register, which the instruction writes and does not read.
  const Vaddr site =
      window.before.empty() ? window.range.begin : window.before.back().from + window.before.back().instruction.length;
  moved_.push_back({here(), in_program(site)});
  moved_.push_back({here() + 7, in_program(site)});
  u8 link = kind == SiteKind::syscall ? 0x0d : 0x15;  // ModRM of lea disp32(%rip): rcx, rdx
  put({0x48, 0x8d, link});
  put_distance(resume);
  put({0xe9});
  put_distance(runtime_entry(kind));
  for (const Moved& moved : window.after) put_moved(moved);
  if (!window.after.empty() && window.after.back().instruction.falls_through()) {
    moved_.push_back({here(), behind});
    put({0xe9});
    put_distance(behind);
  }

  EnclaveOffset start = in_program(window.range.begin);
  auto jump = distance(start + kJumpLength, stub);
  if (!jump || !in_reach_) {
    bytes_.resize(rollback_bytes);
    moved_.resize(rollback_moved);
    return std::nullopt;
  }
  std::vector<u8> patch = {0xe9};
  append(patch, *jump);
  patch.resize(window.range.length, kInt3);
  return patch;
}

}  // namespace sgxx::rewrite
