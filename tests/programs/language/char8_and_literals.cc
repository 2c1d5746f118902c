// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 literals, user-defined literals, raw strings and source_location.

#include <iostream>
#include <source_location>
#include <string>
#include <string_view>

static constexpr unsigned long long operator""_KiB(unsigned long long value) { return value * 1024; }

static unsigned line(std::source_location where = std::source_location::current()) { return where.line(); }

int main() {
  using namespace std::literals;
  const std::u8string utf8 = u8"gr\u00FC\u00DFe";
  std::cout << utf8.size() << ' ' << u"\U0001F600"sv.size() << ' ' << U"\U0001F600"sv.size() << '\n';
  std::cout << 64_KiB << ' ' << R"(raw \n text)" << ' ' << line() << '\n';
  std::cout << std::source_location::current().function_name() << '\n';
}
