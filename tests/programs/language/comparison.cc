// SPDX-License-Identifier: Apache-2.0
//
// <compare>: defaulted three-way comparison and its categories.

#include <compare>
#include <iostream>
#include <limits>
#include <string>

#include "check.h"

namespace {

struct Version {
  int major_number;
  int minor_number;
  std::string label;
  auto operator<=>(const Version&) const = default;
};

const char* text(std::partial_ordering order) {
  return order < 0 ? "less" : order > 0 ? "greater" : order == 0 ? "equal" : "unordered";
}

}  // namespace

int main() {
  std::cout << text(Version{1, 2, "a"} <=> Version{1, 3, "a"}) << '\n';
  std::cout << text(Version{2, 0, "b"} <=> Version{2, 0, "a"}) << '\n';
  std::cout << text(1.0 <=> std::numeric_limits<double>::quiet_NaN()) << '\n';
  CHECK(std::is_lt(std::strong_order(-0.0, 0.0)) && std::is_eq(-0.0 <=> 0.0));
  CHECK(std::compare_weak_order_fallback(1, 1) == 0);
}
