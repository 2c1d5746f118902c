// SPDX-License-Identifier: Apache-2.0
//
// exit(7) gives 7, after destructors and handlers have run and buffers are flushed.
// sgxx-test: status 7

#include <cstdlib>
#include <iostream>

struct Last {
  ~Last() { std::cout << "static destructor\n"; }
} last;

int main() {
  std::atexit([] { std::cout << "handler\n"; });
  std::cout << "buffered";
  std::cout << '\n';
  std::exit(7);
}
