// SPDX-License-Identifier: Apache-2.0
//
// <stacktrace> (C++23): g++ 12 ships the header, and Debian builds its library without it, so it declares
// nothing. The stack itself can be walked with the unwinder, inside as outside.
// sgxx-test: flags -std=gnu++23 -fno-inline -fno-optimize-sibling-calls

#include <unwind.h>

#include <iostream>
#include <stacktrace>

#include "check.h"

static long depth(int calls) {
  if (calls > 0) return depth(calls - 1) + 0;
  long frames = 0;
  _Unwind_Backtrace(
      [](_Unwind_Context* context, void* count) {
        if (_Unwind_GetIP(context) != 0) ++*static_cast<long*>(count);
        return _URC_NO_REASON;
      },
      &frames);
  return frames;
}

int main() {
#ifdef __cpp_lib_stacktrace
  std::cout << "std::stacktrace\n";
#else
  std::cout << "no std::stacktrace\n";
#endif
  std::cout << depth(7) - depth(2) << '\n';
}
