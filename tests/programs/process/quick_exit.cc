// SPDX-License-Identifier: Apache-2.0
//
// quick_exit runs its own handlers and nothing else.
// sgxx-test: status 3

#include <cstdio>
#include <cstdlib>

int main() {
  std::atexit([] { std::puts("never"); });
  std::at_quick_exit([] {
    std::puts("quick handler");
    std::fflush(stdout);
  });
  std::quick_exit(3);
}
