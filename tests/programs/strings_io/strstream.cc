// SPDX-License-Identifier: Apache-2.0
//
// <strstream>, deprecated since C++98 and still there.
// sgxx-test: flags -Wno-deprecated -Wno-cpp

#include <iostream>
#include <strstream>

int main() {
  char buffer[32];
  std::ostrstream out(buffer, sizeof buffer);
  out << "old " << 98 << std::ends;
  std::cout << buffer << '\n';
}
