// SPDX-License-Identifier: Apache-2.0
//
// <array>, <span>: fixed sizes, sub-spans, byte views.

#include <array>
#include <iostream>
#include <numeric>
#include <span>

#include "check.h"

static int total(std::span<const int> numbers) { return std::accumulate(numbers.begin(), numbers.end(), 0); }

int main() {
  std::array<int, 8> array{};
  std::iota(array.begin(), array.end(), 1);
  const std::span<int, 8> all(array);
  std::cout << total(all) << ' ' << total(all.first<3>()) << ' ' << total(all.subspan(5)) << '\n';
  auto bytes = std::as_writable_bytes(all);
  bytes[0] = std::byte{0xFF};
  CHECK(array[0] == 255 && bytes.size() == 32);
  constexpr auto made = std::to_array({1.5, 2.5});
  std::cout << made.size() << ' ' << std::get<1>(made) << ' ' << (array < std::array<int, 8>{}) << '\n';
}
