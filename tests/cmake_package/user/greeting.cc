// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>
#include <iostream>

int main() {
  const char* name = std::getenv("NAME");
  std::cout << "hello, " << (name == nullptr ? "nobody" : name) << "\n";
}
