// SPDX-License-Identifier: Apache-2.0
//
// <cstdlib>: conversions, sorting, searching, integer division, random numbers with a seed.

#include <cstdio>
#include <cstdlib>

#include "check.h"

int main() {
  char* end = nullptr;
  std::printf("%ld %g %ld %d\n", std::strtol("0777xyz", &end, 0), std::strtod("1e-3", nullptr), std::strtol("zz", nullptr, 36),
              std::atoi("42nd"));
  CHECK(*end == 'x');
  int numbers[] = {5, 3, 9, 1, 7};
  const auto compare = [](const void* a, const void* b) { return *static_cast<const int*>(a) - *static_cast<const int*>(b); };
  std::qsort(numbers, 5, sizeof(int), compare);
  const int key = 7;
  const auto* found = static_cast<int*>(std::bsearch(&key, numbers, 5, sizeof(int), compare));
  const std::div_t division = std::div(-17, 5);
  std::printf("%d %td %d %d %ld\n", numbers[0], found - numbers, division.quot, division.rem, std::labs(-5L));
  std::srand(1);
  std::printf("%d %d\n", std::rand(), std::rand());
  srand48(7);
  std::printf("%.6f\n", drand48());
}
