// SPDX-License-Identifier: Apache-2.0
//
// <streambuf>, <iosfwd>: a stream buffer of the program's own, and redirection of std::cout.

#include <iosfwd>
#include <iostream>
#include <sstream>
#include <streambuf>
#include <string>

#include "check.h"

class Upper : public std::streambuf {
 public:
  explicit Upper(std::streambuf* sink) : sink_(sink) {}

 protected:
  int_type overflow(int_type c) override { return sink_->sputc(static_cast<char>(std::toupper(c))); }
  int sync() override { return sink_->pubsync(); }

 private:
  std::streambuf* sink_;
};

int main() {
  Upper upper(std::cout.rdbuf());
  std::ostream shout(&upper);
  shout << "quiet " << 42 << std::endl;
  std::ostringstream captured;
  auto* old = std::cout.rdbuf(captured.rdbuf());
  std::cout << "hidden";
  std::cout.rdbuf(old);
  std::cout << captured.str().size() << '\n';
}
