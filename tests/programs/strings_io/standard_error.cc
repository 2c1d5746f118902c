// SPDX-License-Identifier: Apache-2.0
//
// std::cerr is unbuffered, std::clog is buffered, perror names the error; all reach standard error.
// sgxx-test: stderr

#include <cerrno>
#include <cstdio>
#include <iostream>

int main() {
  std::cerr << "to cerr " << 1 << '\n';
  std::clog << "to clog " << 2 << std::endl;
  errno = ENOENT;
  std::perror("perror");
  std::wcerr << L"wide\n";
  std::cout << "to cout\n";
}
