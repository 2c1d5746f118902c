// SPDX-License-Identifier: Apache-2.0
#include "volume/space.h"

#include <algorithm>

namespace sgxx::volume {
/// By `least` blocks at least.
Outcome<> Space::grow(Guard& guard, u64 least) {
  const u64 size = blocks_.block_count();
  const u64 target = std::min(size + std::max({kLeastGrowth, size / kGrowthDivisor, least}), most_blocks_);
  if (target == size) return fail(Fault::no_space);
  TRY(guard.without([&] { return disk_.resize(target); }));
  return blocks_.grow(target);
}

Outcome<> Space::ensure(Guard& guard, u64 count, Purpose purpose) {
  while (!has(count, purpose)) {
    if (!is_allowed(count, purpose)) return fail(Fault::no_space);
    TRY(grow(guard, kept_on_disk(purpose) + count - blocks_.free()));
  }
  if (may_grow_early_ && is_scarce()) {
    may_grow_early_ = grow(guard, 0).ok();
    return ensure(guard, count, purpose);
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
