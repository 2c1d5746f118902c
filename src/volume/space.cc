// SPDX-License-Identifier: Apache-2.0
#include "volume/space.h"

#include <algorithm>

namespace sgxx::volume {
namespace {

/// The disk grows by a sixteenth, at least by 1 MiB: seldom, and never to far more than what is used.
constexpr u64 kLeastGrowth = 256;
constexpr u64 kGrowthDivisor = 16;

}  // namespace

/// Until `free` blocks are.
Outcome<> Space::grow(Guard& guard, u64 free) {
  while (blocks_.free() < free) {
    if (free > most_blocks_ - blocks_.used()) return fail(Fault::no_space);
    const u64 size = blocks_.block_count();
    const u64 step = std::max({kLeastGrowth, size / kGrowthDivisor, free - blocks_.free()});
    const u64 target = std::min(size + step, most_blocks_);
    TRY(guard.without([&] { return disk_.resize(target); }));
    TRY(blocks_.grow(target));
  }
  return {};
}

Outcome<> Space::ensure(Guard& guard, u64 count, Purpose purpose) { return grow(guard, kept_from(purpose) + count); }

Outcome<> Space::promise(Guard& guard, u64 count) {
  TRY(ensure(guard, count, Purpose::ordinary));
  promised_ += count;
  return {};
}

}  // namespace sgxx::volume
