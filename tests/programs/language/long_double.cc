// SPDX-License-Identifier: Apache-2.0
//
// 80-bit long double arithmetic and printing through the x87 unit.

#include <cmath>
#include <cstdio>
#include <limits>

#include "check.h"

int main() {
  volatile long double third = 1.0L / 3.0L;
  std::printf("%.21Lg %.21Lg %.21Lg\n", third, sqrtl(2.0L), expl(1.0L));
  std::printf("%La %.15Lf\n", third, powl(1.0001L, 10000.0L));
  CHECK(std::numeric_limits<long double>::digits == 64);
  long double sum = 0;
  for (int i = 1; i <= 100000; ++i) sum += 1.0L / static_cast<long double>(i);
  std::printf("%.18Lf\n", sum);
}
