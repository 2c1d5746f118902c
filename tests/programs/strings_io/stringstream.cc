// SPDX-License-Identifier: Apache-2.0
//
// <sstream>, <iomanip>, <ios>, <istream>, <ostream>: parsing and formatting through streams.

#include <iomanip>
#include <ios>
#include <iostream>
#include <istream>
#include <ostream>
#include <sstream>

#include "check.h"

int main() {
  std::istringstream in("12 0x1f 3.75 word \"quoted words\" true");
  int decimal = 0, hexadecimal = 0;
  double real = 0;
  std::string word, quoted;
  bool flag = false;
  in >> decimal >> std::hex >> hexadecimal >> real >> word >> std::quoted(quoted) >> std::boolalpha >> flag;
  CHECK(in && decimal == 12 && hexadecimal == 31 && flag);
  std::ostringstream out;
  out << std::setw(8) << std::setfill('*') << decimal << '|' << std::hex << std::showbase << std::uppercase << 255 << '|'
      << std::fixed << std::setprecision(3) << real << '|' << std::scientific << real << '|' << std::quoted(quoted) << '|'
      << std::left << std::setw(6) << word << '|' << std::hexfloat << 1.0 << '|' << std::defaultfloat << 1e100;
  std::cout << out.str() << '\n';
  std::istringstream bad("abc");
  bad >> decimal;
  CHECK(bad.fail() && !bad.bad() && decimal == 0);
  bad.clear();
  bad.exceptions(std::ios::failbit);
  try {
    bad >> decimal;
  } catch (const std::ios_base::failure& error) {
    std::cout << error.code().message() << '\n';
  }
  std::istringstream money("$1,234.56");
  std::cout << std::put_money("123") << ' ' << std::move(out).str().size() << '\n';
}
