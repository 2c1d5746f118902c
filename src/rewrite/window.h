// SPDX-License-Identifier: Apache-2.0
//
// Window: the instructions around a site that make room for a 5-byte jump. All but the site itself move into the stub.
#pragma once

#include <variant>
#include <vector>

#include "rewrite/function.h"

namespace sgxx::rewrite {

struct Moved {
  Vaddr from;
  Instruction instruction;
  ByteView bytes;  ///< of the program, as it was
};

struct Window {
  VaddrRange range;
  std::vector<Moved> before, after;  ///< the site, in order
};

inline constexpr u64 kJumpLength = 5;

/// The best window for the site at `address` that begins no earlier than `free_from`, or why there is none.
/// Best is one that ends with the site: then the runtime returns into the program itself, so that a signal or a cancellation
/// that hits the system call unwinds as it would natively. Next, one whose moved instructions cannot fault; then the shortest.
std::variant<Window, Decision> choose_window(const Function& function, Vaddr address, SiteKind kind, Vaddr free_from);

}  // namespace sgxx::rewrite
