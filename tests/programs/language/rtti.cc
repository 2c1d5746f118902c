// SPDX-License-Identifier: Apache-2.0
//
// <typeinfo> and <typeindex>: dynamic_cast across virtual bases, typeid, bad_cast, bad_typeid.

#include <iostream>
#include <map>
#include <string>
#include <typeindex>
#include <typeinfo>

#include "check.h"

namespace {

struct Root {
  virtual ~Root() = default;
};
struct Left : virtual Root {
  int left = 1;
};
struct Right : virtual Root {
  int right = 2;
};
struct Bottom : Left, Right {};

}  // namespace

int main() {
  Bottom bottom;
  Root* root = &bottom;
  CHECK(dynamic_cast<Left*>(root)->left == 1);
  CHECK(dynamic_cast<Right*>(dynamic_cast<Left*>(root))->right == 2);
  CHECK(dynamic_cast<void*>(root) == static_cast<void*>(&bottom));
  CHECK(typeid(*root) == typeid(Bottom) && typeid(*root) != typeid(Left));
  Root plain;
  try {
    Root* volatile pointer = &plain;
    (void)dynamic_cast<Left&>(*pointer);
  } catch (const std::bad_cast& error) {
    std::cout << error.what() << '\n';
  }
  try {
    Root* volatile null = nullptr;
    (void)typeid(*null).name();
  } catch (const std::bad_typeid& error) {
    std::cout << error.what() << '\n';
  }
  std::map<std::type_index, std::string> names{{typeid(int), "int"}, {typeid(Bottom), "Bottom"}};
  std::cout << names.at(typeid(*root)) << ' ' << names.at(typeid(int)) << ' ' << typeid(Left).name() << '\n';
}
