// SPDX-License-Identifier: Apache-2.0
#include "volume/space.h"

#include <algorithm>

namespace sgxx::volume {
namespace {

/// The disk grows by a sixteenth, at least by 1 MiB: seldom, and never to far more than what is used.
constexpr u64 kLeastGrowth = 256;
constexpr u64 kGrowthDivisor = 16;

}  // namespace

Outcome<> Space::ensure(Guard& guard, u64 count, Purpose purpose) {
  while (!has(count, purpose)) {
    const u64 size = blocks_.block_count();
    if (!is_allowed(count, purpose) || size == most_blocks_) return fail(Fault::no_space);
    const u64 step = std::max({kLeastGrowth, size / kGrowthDivisor, kept_on_disk(purpose) + count - blocks_.free()});
    const u64 target = std::min(size + step, most_blocks_);
    TRY(guard.without([&] { return disk_.resize(target); }));
    TRY(blocks_.grow(target));
  }
  return {};
}

Outcome<> Space::promise(Guard& guard, u64 count) {
  promised_ += count;
  auto ensured = ensure(guard, 0, Purpose::ordinary);
  if (!ensured.ok()) promised_ -= count;
  return ensured;
}

}  // namespace sgxx::volume
