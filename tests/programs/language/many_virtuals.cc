// SPDX-License-Identifier: Apache-2.0
//
// Member pointers, lambdas, std::function and virtual calls dispatch as compiled.

#include <functional>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

namespace {

struct Shape {
  virtual ~Shape() = default;
  virtual double area() const = 0;
};
struct Square : Shape {
  explicit Square(double side) : side_(side) {}
  double area() const override { return side_ * side_; }
  double side_;
};
struct Circle final : Shape {
  explicit Circle(double radius) : radius_(radius) {}
  double area() const override { return 3 * radius_ * radius_; }
  double radius_;
};

template <typename... T>
auto sum(T... values) {
  return (values + ... + 0);
}

}  // namespace

int main() {
  std::vector<std::unique_ptr<Shape>> shapes;
  for (int i = 1; i <= 5; ++i) {
    shapes.push_back(std::make_unique<Square>(i));
    shapes.push_back(std::make_unique<Circle>(i));
  }
  double (Shape::*member)() const = &Shape::area;
  double total = 0;
  for (const auto& shape : shapes) total += (shape.get()->*member)();
  std::function<int(int)> chain = [](int x) { return x; };
  for (int i = 0; i < 10; ++i) chain = [chain, i](int x) { return chain(x) + i; };
  std::cout << total << ' ' << chain(100) << ' ' << sum(1, 2, 3.5) << '\n';
}
