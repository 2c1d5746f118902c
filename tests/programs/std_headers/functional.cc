// SPDX-License-Identifier: Apache-2.0
//
// <functional>: function objects, hashing, reference wrappers, bind, and bad_function_call.

#include <functional>
#include <iostream>
#include <map>
#include <string>

#include "check.h"

int main() {
  using namespace std::placeholders;
  const auto bound = std::bind(std::minus<int>(), _2, _1);
  std::map<std::string, std::function<double(double, double)>> table{
      {"+", std::plus<>()}, {"*", [](double a, double b) { return a * b; }}, {"first", [](double a, double) { return a; }}};
  std::cout << bound(1, 10) << ' ' << table["+"](1, 2) << ' ' << table["*"](3, 4) << ' ' << table["first"](5, 6) << '\n';
  try {
    std::function<void()>()();
  } catch (const std::bad_function_call& error) {
    std::cout << error.what() << '\n';
  }
  int value = 1;
  auto reference = std::ref(value);
  reference.get() = 9;
  CHECK(value == 9 && std::hash<int>()(5) == std::hash<int>()(5) && std::identity()(3) == 3);
}
