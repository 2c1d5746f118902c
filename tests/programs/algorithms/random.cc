// SPDX-License-Identifier: Apache-2.0
//
// <random>: the engines give the values that the standard fixes; distributions stay in range.

#include <iostream>
#include <random>
#include <vector>

#include "check.h"

int main() {
  std::mt19937 mt;
  std::mt19937_64 mt64;
  std::minstd_rand minstd;
  std::ranlux48 ranlux;
  std::knuth_b knuth;
  mt.discard(9999);
  mt64.discard(9999);
  minstd.discard(9999);
  ranlux.discard(9999);
  knuth.discard(9999);
  std::cout << mt() << ' ' << mt64() << ' ' << minstd() << ' ' << ranlux() << ' ' << knuth() << '\n';
  std::seed_seq seed{1, 2, 3};
  std::mt19937 seeded(seed);
  std::uniform_int_distribution<int> die(1, 6);
  std::normal_distribution<> normal(10, 2);
  std::discrete_distribution<> discrete({1, 0, 3});
  int faces[7] = {};
  double sum = 0;
  for (int i = 0; i < 60000; ++i) {
    ++faces[die(seeded)];
    sum += normal(seeded);
    CHECK(discrete(seeded) != 1);
  }
  CHECK(faces[0] == 0 && faces[3] > 9000 && faces[3] < 11000);
  std::cout << static_cast<int>(sum / 60000 + 0.5) << '\n';
}
