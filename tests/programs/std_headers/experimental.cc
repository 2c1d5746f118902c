// SPDX-License-Identifier: Apache-2.0
//
// The technical specifications that g++ 12 ships: propagate_const, observer_ptr, SIMD types.

#include <experimental/memory>
#include <experimental/propagate_const>
#include <experimental/simd>
#include <iostream>
#include <memory>

#include "check.h"

namespace stdx = std::experimental;

int main() {
  int value = 5;
  const stdx::observer_ptr<int> observer(&value);
  std::cout << *observer << '\n';
  stdx::native_simd<float> lanes([](int i) { return static_cast<float>(i); });
  lanes = lanes * 2.0f + 1.0f;
  CHECK(lanes[0] == 1.0f && stdx::reduce(lanes) == static_cast<float>(lanes.size() * lanes.size()));
  stdx::propagate_const<std::unique_ptr<int>> owner(std::make_unique<int>(3));
  std::cout << *owner << '\n';
}
