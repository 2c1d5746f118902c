// SPDX-License-Identifier: Apache-2.0
//
// <execution> with the serial backend of libstdc++'s parallel algorithms. The parallel backend
// is oneTBB, of which Debian ships only shared libraries, so a static program selects the serial one.
// sgxx-test: flags -D_GLIBCXX_USE_TBB_PAR_BACKEND=0

#include <algorithm>
#include <execution>
#include <iostream>
#include <numeric>
#include <vector>

#include "check.h"

int main() {
  std::vector<long> numbers(20000);
  std::iota(numbers.begin(), numbers.end(), 1);
  std::for_each(std::execution::par, numbers.begin(), numbers.end(), [](long& x) { x = x * 37 % 20011; });
  std::sort(std::execution::par, numbers.begin(), numbers.end());
  CHECK(std::is_sorted(numbers.begin(), numbers.end()));
  std::cout << std::reduce(std::execution::par_unseq, numbers.begin(), numbers.end()) << ' '
            << std::count_if(std::execution::seq, numbers.begin(), numbers.end(), [](long x) { return x % 2; }) << '\n';
}
