// SPDX-License-Identifier: Apache-2.0
//
// <spanstream> (C++23): streams over a buffer of fixed size.
// sgxx-test: flags -std=gnu++23

#include <iostream>
#include <span>
#include <spanstream>

#include "check.h"

int main() {
  char buffer[16];
  std::ospanstream out{std::span<char>(buffer)};
  out << "value " << 123;
  std::cout << std::string_view(out.span().data(), out.span().size()) << '\n';
  out << " does not fit any more";
  CHECK(!out);
  std::ispanstream in{std::span<const char>("7 8 9")};
  int a = 0, b = 0, c = 0;
  in >> a >> b >> c;
  std::cout << a * 100 + b * 10 + c << '\n';
}
