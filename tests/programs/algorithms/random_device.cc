// SPDX-License-Identifier: Apache-2.0
//
// std::random_device works with every token of libstdc++ that names an instruction, differs from
// call to call, and refuses an unknown token with std::runtime_error.

#include <iostream>
#include <random>
#include <set>
#include <stdexcept>

#include "check.h"

int main() {
  std::random_device device;
  std::set<unsigned> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(device());
  CHECK(seen.size() > 995);
  std::random_device second("rdrand");
  CHECK(second() != second() || second() != second());
  try {
    std::random_device unknown("no such source");
  } catch (const std::runtime_error& error) {
    std::cout << "refused\n";
  }
  std::cout << "distinct, min " << device.min() << ", max " << device.max() << '\n';
}
