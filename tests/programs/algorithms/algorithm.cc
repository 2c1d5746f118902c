// SPDX-License-Identifier: Apache-2.0
//
// <algorithm>, <numeric>, <iterator>, <functional>: sorting, merging, heaps, permutations, sums.

#include <algorithm>
#include <functional>
#include <iostream>
#include <iterator>
#include <numeric>
#include <string>
#include <vector>

#include "check.h"

int main() {
  std::vector<unsigned> numbers(100000);
  unsigned state = 1;
  std::ranges::generate(numbers, [&] { return state = state * 1664525u + 1013904223u; });
  auto sorted = numbers;
  std::sort(sorted.begin(), sorted.end());
  auto stable = numbers;
  std::stable_sort(stable.begin(), stable.end());
  auto heap = numbers;
  std::make_heap(heap.begin(), heap.end());
  std::sort_heap(heap.begin(), heap.end());
  CHECK(sorted == stable && sorted == heap);
  std::nth_element(numbers.begin(), numbers.begin() + 500, numbers.end());
  std::cout << (numbers[500] == sorted[500]) << ' ' << std::binary_search(sorted.begin(), sorted.end(), 1664525u + 1013904223u)
            << ' ' << std::accumulate(sorted.begin(), sorted.end(), 0ull) << '\n';
  std::string letters = "abcd";
  int permutations = 0;
  do ++permutations;
  while (std::next_permutation(letters.begin(), letters.end()));
  std::vector<int> out;
  std::partial_sum(letters.begin(), letters.end(), std::back_inserter(out), std::plus<int>());
  std::cout << permutations << ' ' << out.back() << ' ' << std::gcd(84, 36) << ' ' << std::lcm(4, 6) << ' ' << std::midpoint(3, 8)
            << ' ' << std::transform_reduce(out.begin(), out.end(), 0, std::plus<>(), std::negate<>()) << '\n';
  std::copy(letters.rbegin(), letters.rend(), std::ostream_iterator<char>(std::cout, ","));
  auto bound = std::bind_front(std::minus<>(), 10);
  std::cout << ' ' << bound(3) << ' ' << std::invoke(&std::string::size, letters) << ' ' << std::not_fn(std::less<>())(1, 2)
            << ' ' << *std::boyer_moore_searcher(letters.begin(), letters.end())(letters.begin(), letters.end()).first << '\n';
}
