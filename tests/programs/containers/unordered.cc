// SPDX-License-Identifier: Apache-2.0
//
// <unordered_map>, <unordered_set>: growth, own hashes, many collisions, erasing while iterating.

#include <iostream>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "check.h"

struct Bad {
  std::size_t operator()(int) const { return 1; }
};

int main() {
  std::unordered_map<std::string, long> map;
  for (long i = 0; i < 50000; ++i) map["key" + std::to_string(i)] += i;
  long sum = 0;
  for (const auto& [key, value] : map) sum += value;
  for (auto it = map.begin(); it != map.end();) it = it->second % 2 ? map.erase(it) : std::next(it);
  std::cout << sum << ' ' << map.size() << ' ' << map.count("key1") << map.count("key2") << '\n';
  std::unordered_set<int, Bad> collide;
  for (int i = 0; i < 500; ++i) collide.insert(i);
  CHECK(collide.size() == 500 && collide.contains(499));
  std::unordered_multiset<int> bag{1, 2, 2, 3};
  std::unordered_multimap<int, int> multi{{1, 1}, {1, 2}};
  std::cout << bag.count(2) << ' ' << multi.count(1) << ' ' << (map.max_load_factor() == 1.0f) << '\n';
  CHECK(std::hash<std::string>{}("abc") == std::hash<std::string_view>{}("abc"));
}
