// SPDX-License-Identifier: Apache-2.0
//
// <locale>: the classic locale's facets work, and so does a facet of the program's own.

#include <ctime>
#include <iomanip>
#include <iostream>
#include <locale>
#include <sstream>
#include <string>

#include "check.h"

struct Grouped : std::numpunct<char> {
  char do_thousands_sep() const override { return '\''; }
  std::string do_grouping() const override { return "\3"; }
  std::string do_truename() const override { return "yes"; }
};

int main() {
  const std::locale classic = std::locale::classic();
  std::cout << classic.name() << ' ' << std::toupper('x', classic) << ' ' << std::isalpha('5', classic) << '\n';
  std::ostringstream out;
  out.imbue(std::locale(classic, new Grouped));
  out << 1234567 << ' ' << std::boolalpha << true << ' ' << 1234.5;
  std::cout << out.str() << '\n';
  const auto& collate = std::use_facet<std::collate<char>>(classic);
  const char a[] = "abc", b[] = "abd";
  CHECK(collate.compare(a, a + 3, b, b + 3) < 0);
  CHECK(std::has_facet<std::time_get<char>>(classic));
  std::tm when{};
  std::istringstream("2024-02-29 23:10") >> std::get_time(&when, "%Y-%m-%d %H:%M");
  std::cout << when.tm_year << ' ' << when.tm_mon << ' ' << when.tm_mday << ' ' << std::put_time(&when, "%d %B %H:%M") << '\n';
}
