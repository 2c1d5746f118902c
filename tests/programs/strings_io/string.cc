// SPDX-License-Identifier: Apache-2.0
//
// <string>, <string_view>: small and large strings, searching, conversion, UTF variants.

#include <iostream>
#include <string>
#include <string_view>

#include "check.h"

int main() {
  std::string text = "small";
  for (int i = 0; i < 12; ++i) text += text;
  text.replace(5, 5, "REPLACED");
  std::cout << text.size() << ' ' << text.find("REP") << ' ' << text.rfind("llsm") << ' ' << text.substr(0, 15) << '\n';
  std::string_view view = "  key = value  ";
  view.remove_prefix(view.find_first_not_of(' '));
  view.remove_suffix(view.size() - view.find_last_not_of(' ') - 1);
  std::cout << '[' << view << "] " << view.starts_with("key") << view.ends_with("x") << '\n';
  std::cout << std::stoi("-42") + std::stol("7f", nullptr, 16) << ' ' << std::stod("2.5e3") << ' ' << std::to_string(1.5) << '\n';
  try {
    (void)std::stoi("99999999999999");
  } catch (const std::out_of_range& error) {
    std::cout << error.what() << " out of range\n";
  }
  std::u32string wide = U"\u00E9\U0001F600";
  std::wstring other = L"wide";
  CHECK(wide.size() == 2 && other + L"r" == L"wider" && std::erase(text, 'l') > 1000);
}
