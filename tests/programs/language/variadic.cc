// SPDX-License-Identifier: Apache-2.0
//
// <cstdarg>: variable arguments in registers and on the stack, va_copy, and alloca.

#include <alloca.h>

#include <cstdarg>
#include <cstdio>
#include <cstring>

static double sum(int count, ...) {
  va_list arguments;
  va_start(arguments, count);
  va_list again;
  va_copy(again, arguments);
  double total = 0;
  for (int i = 0; i < count; ++i) total += i % 2 ? va_arg(arguments, double) : va_arg(arguments, int);
  va_end(arguments);
  total += va_arg(again, int);
  va_end(again);
  return total;
}

int main() {
  std::printf("%.2f\n", sum(12, 1, 0.5, 2, 0.25, 3, 0.125, 4, 1.5, 5, 2.5, 6, 3.5));
  for (int size = 16; size <= 65536; size *= 16) {
    char* text = static_cast<char*>(alloca(static_cast<std::size_t>(size)));
    std::memset(text, 'a', static_cast<std::size_t>(size) - 1);
    text[size - 1] = 0;
    std::printf("%zu\n", std::strlen(text));
  }
}
