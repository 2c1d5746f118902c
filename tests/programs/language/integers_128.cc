// SPDX-License-Identifier: Apache-2.0
//
// __int128 arithmetic calls into libgcc and gives exact results.

#include <algorithm>
#include <iostream>
#include <string>

#include "check.h"

static std::string text(unsigned __int128 value) {
  std::string digits;
  do {
    digits.push_back(static_cast<char>('0' + static_cast<int>(value % 10)));
    value /= 10;
  } while (value != 0);
  std::reverse(digits.begin(), digits.end());
  return digits;
}

int main() {
  unsigned __int128 factorial = 1;
  for (int i = 2; i <= 33; ++i) factorial *= static_cast<unsigned>(i);
  std::cout << text(factorial) << '\n' << text(~static_cast<unsigned __int128>(0)) << '\n';
  volatile double big = 1e30;
  std::cout << text(static_cast<unsigned __int128>(big)) << '\n';
  CHECK(static_cast<double>(factorial) > 8.68e36);
}
