// SPDX-License-Identifier: Apache-2.0
//
// A handler of SIGABRT runs, and abort still ends the program when it returns.
// sgxx-test: status 134

#include <unistd.h>

#include <csignal>
#include <cstdlib>

int main() {
  std::signal(SIGABRT, [](int) { (void)!write(1, "handler\n", 8); });
  std::abort();
}
