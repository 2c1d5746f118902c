// SPDX-License-Identifier: Apache-2.0
//
// <regex>: search, iteration, replacement, the grammars, and errors as exceptions.

#include <iostream>
#include <regex>
#include <string>

#include "check.h"

int main() {
  const std::string text = "2024-01-15 and 1999-12-31, not 99-1-1";
  const std::regex date(R"((\d{4})-(\d{2})-(\d{2}))");
  for (std::sregex_iterator match(text.begin(), text.end(), date), end; match != end; ++match)
    std::cout << (*match)[3] << '.' << (*match)[2] << '.' << (*match)[1] << ' ';
  std::cout << '\n' << std::regex_replace(text, date, "$1") << '\n';
  CHECK(std::regex_match("aXbX", std::regex("(a)x(b)\\1?x", std::regex::icase)));
  CHECK(std::regex_search("o|b", std::regex("o|b", std::regex::basic)) &&
        !std::regex_search("o", std::regex("o|b", std::regex::basic)));
  const std::regex comma(",\\s*");
  for (std::sregex_token_iterator part(text.begin(), text.end(), comma, -1), end; part != end; ++part)
    std::cout << '<' << *part << '>';
  try {
    std::regex bad("(unclosed");
  } catch (const std::regex_error& error) {
    std::cout << ' ' << (error.code() == std::regex_constants::error_paren) << '\n';
  }
}
