// SPDX-License-Identifier: Apache-2.0
//
// <map>, <set>: ordering, node handles, hints, heterogeneous lookup, equal ranges.

#include <iostream>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "check.h"

int main() {
  std::map<std::string, int, std::less<>> map;
  for (int i = 0; i < 20000; ++i) map[std::to_string(i * 7919 % 20000)] = i;
  std::cout << map.size() << ' ' << map.begin()->first << ' ' << map.rbegin()->first << '\n';
  CHECK(map.find(std::string_view("777")) != map.end());
  auto node = map.extract("777");
  node.key() = "zzz";
  map.insert(std::move(node));
  std::cout << map.rbegin()->first << '=' << map.rbegin()->second << ' ' << map.contains("777") << '\n';
  std::multimap<int, char> multi{{1, 'a'}, {2, 'b'}, {1, 'c'}};
  for (auto [first, last] = multi.equal_range(1); first != last; ++first) std::cout << first->second;
  std::set<int> set{3, 1, 2};
  std::multiset<int> bag{1, 1, 2};
  set.merge(std::set<int>{7, 8});
  std::cout << ' ' << set.size() << ' ' << *set.lower_bound(4) << ' ' << bag.count(1) << '\n';
}
