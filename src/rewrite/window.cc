// SPDX-License-Identifier: Apache-2.0
#include "rewrite/window.h"

#include <algorithm>

namespace sgxx::rewrite {
namespace {

enum class Side : bool { before, after };

bool movable(const Instruction& instruction, Side side) {
  if (instruction.form == Instruction::Form::system || instruction.form == Instruction::Form::endbr) return false;
  switch (instruction.flow) {
    case Flow::next: return true;
    case Flow::conditional: return instruction.length == 2 || instruction.length == 6;  // without prefixes
    case Flow::jump: return side == Side::after && (instruction.length == 2 || instruction.length == 5);
    case Flow::indirect_jump:
    case Flow::stop: return side == Side::after;
    // A call would leave a return address in the stub, where no unwinder knows what to do.
    case Flow::call:
    case Flow::indirect_call:
    case Flow::short_only: return false;
  }
  return false;
}

Moved move(const Function& function, Vaddr from) { return {from, function.at(from), function.bytes_of(from)}; }

/// Certain, movable neighbours, nearest first, until they and `room` more bytes would hold a jump.
std::vector<Moved> neighbours_before(const Function& function, Vaddr address, Vaddr free_from, u64 room) {
  std::vector<Moved> found;
  while (room < kJumpLength) {
    auto previous = function.before(address);
    if (!previous || *previous < free_from || !movable(function.at(*previous), Side::before)) break;
    if (!function.at(*previous).falls_through()) break;
    found.push_back(move(function, *previous));
    address = *previous;
    room += function.at(address).length;
  }
  return found;
}

std::vector<Moved> neighbours_after(const Function& function, Vaddr address, u64 room) {
  std::vector<Moved> found;
  while (room < kJumpLength) {
    if (!function.certain(address) || !movable(function.at(address), Side::after)) break;
    found.push_back(move(function, address));
    if (!function.at(address).falls_through()) break;
    room += function.at(address).length;
    address = address + function.at(address).length;
  }
  return found;
}

bool has_target_inside(const Function& function, VaddrRange range) {
  for (Vaddr at = range.begin + 1; at < range.end(); at = at + 1) {
    if (function.may_be_target(at)) return true;
  }
  return false;
}

/// Lower is better.
u64 cost(const Window& window) {
  u64 total = window.after.empty() ? 0 : 1000;
  for (const auto* side : {&window.before, &window.after}) {
    for (const Moved& moved : *side) total += 10 + (touches_memory(moved.bytes) ? 100 : 0);
  }
  return total + window.range.length - kJumpLength;
}

}  // namespace

std::variant<Window, Decision> choose_window(const Function& function, Vaddr address, SiteKind kind, Vaddr free_from) {
  auto before = neighbours_before(function, address, free_from, length_of(kind));
  auto after = neighbours_after(function, address + length_of(kind), length_of(kind));
  std::optional<Window> best;
  Decision failure = Decision::immovable_neighbour;
  for (std::size_t b = 0; b <= before.size(); ++b) {
    for (std::size_t a = 0; a <= after.size(); ++a) {
      Window window;
      window.before.assign(before.begin(), before.begin() + static_cast<std::ptrdiff_t>(b));
      std::reverse(window.before.begin(), window.before.end());
      window.after.assign(after.begin(), after.begin() + static_cast<std::ptrdiff_t>(a));
      Vaddr begin = b == 0 ? address : window.before.front().from;
      Vaddr end = a == 0 ? address + length_of(kind) : window.after.back().from + window.after.back().instruction.length;
      window.range = {begin, end - begin};
      if (window.range.length < kJumpLength) continue;
      if (has_target_inside(function, window.range)) {
        failure = Decision::branch_into_window;
        continue;
      }
      if (!best || cost(window) < cost(*best)) best = std::move(window);
    }
  }
  if (!best) return failure;
  return std::move(*best);
}

}  // namespace sgxx::rewrite
