// SPDX-License-Identifier: Apache-2.0
//
// <ranges>: lazily composed views and ranges algorithms with projections.

#include <algorithm>
#include <iostream>
#include <ranges>
#include <string>
#include <string_view>
#include <vector>

int main() {
  namespace views = std::views;
  for (int value : views::iota(1) | views::filter([](int x) { return x % 3 == 0; }) |
                       views::transform([](int x) { return x * x; }) | views::take(6))
    std::cout << value << ' ';
  std::cout << '\n';
  const std::string_view text = "one,two,,four";
  for (auto part : text | views::split(',')) std::cout << '[' << std::string_view(part.begin(), part.end()) << ']';
  std::vector<std::vector<int>> nested{{1, 2}, {}, {3}};
  for (int value : nested | views::join | views::reverse | views::common) std::cout << ' ' << value;
  struct Item {
    std::string name;
    int weight;
  };
  std::vector<Item> items{{"b", 3}, {"a", 9}, {"c", 1}};
  std::ranges::sort(items, std::ranges::greater{}, &Item::weight);
  std::cout << ' ' << items[0].name << ' ' << std::ranges::min(items, {}, &Item::name).name << ' '
            << std::ranges::distance(items | views::drop_while([](const Item& i) { return i.weight > 1; })) << '\n';
}
