// SPDX-License-Identifier: Apache-2.0
//
// fannkuch-redux: for every permutation of 1..n, how many times the first k elements are reversed, k being the first
// element, until 1 stands first. Prints the alternating sum and the maximum. Permutations are visited by rotating
// ever longer prefixes, with one counter for each length.

#include <algorithm>
#include <array>

#include "measure.h"

namespace {

constexpr int kMost = 16;
using Row = std::array<int, kMost>;

int count_flips(Row row) {
  int flips = 0;
  for (int first = row[0]; first != 0; first = row[0]) {
    std::reverse(row.begin(), row.begin() + first + 1);
    ++flips;
  }
  return flips;
}

/// Moves to the next permutation; false after the last one.
bool advance(Row& row, Row& turns, int n) {
  for (int length = 2; length <= n; ++length) {
    std::rotate(row.begin(), row.begin() + 1, row.begin() + length);
    if (++turns[length - 1] < length) return true;
    turns[length - 1] = 0;
  }
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  const int n = std::min(bench::size_argument(count, arguments), kMost - 1);
  bench::measure(1, [n] {
    Row row{}, turns{};
    for (int i = 0; i < n; ++i) row[i] = i;
    long checksum = 0;
    int most = 0;
    bool even = true;
    do {
      const int flips = count_flips(row);
      checksum += even ? flips : -flips;
      most = std::max(most, flips);
      even = !even;
    } while (advance(row, turns, n));
    std::printf("%ld\nPfannkuchen(%d) = %d\n", checksum, n, most);
  });
}
