// SPDX-License-Identifier: Apache-2.0
//
// A signal whose default is to end the program ends it with that signal.
// sgxx-test: status 143

#include <csignal>
#include <cstdio>

int main() {
  std::puts("before");
  std::fflush(stdout);
  std::raise(SIGTERM);
  std::puts("never");
}
