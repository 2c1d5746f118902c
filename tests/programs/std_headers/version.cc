// SPDX-License-Identifier: Apache-2.0
//
// <version>: the feature-test macros of the library, as the same binary reports them.

#include <cstdio>
#include <version>

int main() {
  std::printf("chrono %ld\n", static_cast<long>(__cpp_lib_chrono));
  std::printf("coroutine %ld\n", static_cast<long>(__cpp_lib_coroutine));
  std::printf("jthread %ld\n", static_cast<long>(__cpp_lib_jthread));
  std::printf("ranges %ld\n", static_cast<long>(__cpp_lib_ranges));
#ifdef __cpp_lib_format
  std::puts("format");
#else
  std::puts("no <format>");
#endif
}
