// SPDX-License-Identifier: Apache-2.0
//
// The C headers under their own names.

#include <assert.h>
#include <complex.h>
#include <ctype.h>
#include <errno.h>
#include <fenv.h>
#include <float.h>
#include <inttypes.h>
#include <limits.h>
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tgmath.h>
#include <time.h>
#include <uchar.h>
#include <wchar.h>
#include <wctype.h>

int main() {
  assert(isalpha('a'));
  const struct lconv* conventions = localeconv();
  printf("%s %zu %.4f %d %" PRId64 "\n", conventions->decimal_point, strlen("four"), sqrt(2.0), CHAR_BIT, INT64_MAX);
}
