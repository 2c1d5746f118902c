// SPDX-License-Identifier: Apache-2.0
//
// abort ends the program by SIGABRT.
// sgxx-test: status 134

#include <cstdio>
#include <cstdlib>

int main() {
  std::puts("before");
  std::fflush(stdout);
  std::abort();
}
