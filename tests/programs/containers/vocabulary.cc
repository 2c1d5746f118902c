// SPDX-License-Identifier: Apache-2.0
//
// <optional>, <variant>, <any>, <tuple>, <utility>: values, visits, and their exceptions.

#include <any>
#include <iostream>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include "check.h"

struct Throws {
  Throws() = default;
  Throws(const Throws&) { throw 1; }
};

int main() {
  std::optional<std::string> maybe;
  std::cout << maybe.value_or("none") << ' ';
  maybe.emplace(3, 'x');
  std::cout << *maybe << '\n';
  try {
    std::optional<int>().value();
  } catch (const std::bad_optional_access& error) {
    std::cout << error.what() << '\n';
  }
  std::variant<int, std::string, Throws> variant = "text";
  try {
    variant = static_cast<const Throws&>(Throws());
  } catch (int) {
  }
  std::cout << variant.valueless_by_exception() << ' ';
  variant = 17;
  std::visit(
      [](const auto& value) {
        if constexpr (requires { std::cout << value; }) std::cout << value << '\n';
      },
      variant);
  try {
    std::get<std::string>(variant).clear();
  } catch (const std::bad_variant_access& error) {
    std::cout << error.what() << '\n';
  }
  std::any any = std::string("anything");
  std::cout << std::any_cast<std::string>(any) << ' ' << (std::any_cast<int>(&any) == nullptr) << '\n';
  auto [a, b, c] = std::tuple_cat(std::make_tuple(1, 2.5), std::tuple<const char*>("three"));
  std::cout << a << ' ' << b << ' ' << c << ' ' << std::apply([](auto... x) { return sizeof...(x); }, std::tuple(1, 2)) << ' '
            << std::cmp_less(-1, 1u) << ' ' << std::in_range<unsigned char>(300) << '\n';
}
