// SPDX-License-Identifier: Apache-2.0
//
// Standard input reaches std::cin, std::getline and the C functions, up to its end.
// sgxx-test: stdin 3 4\nsecond line\n
// sgxx-test: stdin rest without newline

#include <cstdio>
#include <iostream>
#include <iterator>
#include <string>

#include "check.h"

int main() {
  int a = 0, b = 0;
  std::cin >> a >> b >> std::ws;
  std::string line;
  std::getline(std::cin, line);
  std::cout << a * b << " [" << line << "]\n";
  const std::string rest(std::istreambuf_iterator<char>(std::cin), {});
  std::cout << '[' << rest << "] " << rest.size() << '\n';
  CHECK(std::getchar() == EOF && std::feof(stdin));
}
