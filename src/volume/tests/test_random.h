// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/checked.h"

namespace sgxx::volume {

/// splitmix64: the same numbers for the same seed everywhere.
class TestRandom {
 public:
  explicit TestRandom(u64 seed) : state_(seed) {}
  u64 next() {
    u64 z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  u64 below(u64 bound) { return next() % bound; }
  bool one_in(u64 count) { return count != 0 && below(count) == 0; }

 private:
  u64 state_;
};

}  // namespace sgxx::volume
