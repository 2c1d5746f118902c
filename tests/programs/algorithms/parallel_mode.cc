// SPDX-License-Identifier: Apache-2.0
//
// <parallel/algorithm>, libstdc++'s own parallel mode, works through OpenMP's static library:
// the way to parallel algorithms in a static program. The same answer as the serial sort.
// sgxx-test: flags -fopenmp

#include <omp.h>

#include <algorithm>
#include <iostream>
#include <parallel/algorithm>
#include <parallel/numeric>
#include <vector>

#include "check.h"

int main() {
  omp_set_num_threads(3);
  std::vector<unsigned> numbers(300000);
  unsigned state = 7;
  for (auto& number : numbers) number = state = state * 1664525u + 1013904223u;
  auto expected = numbers;
  std::sort(expected.begin(), expected.end());
  __gnu_parallel::sort(numbers.begin(), numbers.end());
  CHECK(numbers == expected);
  long sum = 0;
#pragma omp parallel for reduction(+ : sum)
  for (int i = 0; i < 100000; ++i) sum += i;
  std::cout << sum << ' ' << __gnu_parallel::accumulate(numbers.begin(), numbers.end(), 0ull) << '\n';
}
