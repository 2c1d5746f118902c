// SPDX-License-Identifier: Apache-2.0
//
// <cfenv>, <cfloat>: rounding modes act on SSE and x87, exception flags are raised and cleared.

#include <cfenv>
#include <cfloat>
#include <cmath>
#include <cstdio>
#include <initializer_list>

#include "check.h"

int main() {
  volatile double one = 1, three = 3;
  volatile long double long_one = 1, long_three = 3;
  for (int mode : {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO}) {
    CHECK(std::fesetround(mode) == 0 && std::fegetround() == mode);
    volatile double quotient = one / three;
    volatile long double long_quotient = long_one / long_three;
    std::printf("%a %La %ld\n", quotient, long_quotient, std::lrint(2.5));
  }
  std::fesetround(FE_TONEAREST);
  std::feclearexcept(FE_ALL_EXCEPT);
  volatile double zero = 0;
  volatile double infinite = one / zero;
  CHECK(std::fetestexcept(FE_DIVBYZERO) && !std::fetestexcept(FE_INVALID) && std::isinf(infinite));
  std::fenv_t saved;
  std::feholdexcept(&saved);
  CHECK(!std::fetestexcept(FE_ALL_EXCEPT));
  std::feupdateenv(&saved);
  CHECK(std::fetestexcept(FE_DIVBYZERO));
  std::printf("%d %d %d\n", FLT_EVAL_METHOD, DBL_DIG, LDBL_MANT_DIG);
}
