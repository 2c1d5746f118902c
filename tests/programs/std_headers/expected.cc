// SPDX-License-Identifier: Apache-2.0
//
// <expected> (C++23): values and errors, as far as libstdc++ 12 has it.
// sgxx-test: flags -std=gnu++23

#include <expected>
#include <iostream>
#include <string>

#include "check.h"

static std::expected<int, std::string> half(int value) {
  if (value % 2) return std::unexpected("odd: " + std::to_string(value));
  return value / 2;
}

int main() {
  std::cout << half(10).value() << ' ' << half(7).error() << ' ' << half(7).value_or(-1) << '\n';
  try {
    (void)half(3).value();
  } catch (const std::bad_expected_access<std::string>& error) {
    std::cout << "bad_expected_access " << error.error() << '\n';
  }
  std::expected<void, int> nothing;
  CHECK(nothing && !std::expected<void, int>(std::unexpect, 4));
}
