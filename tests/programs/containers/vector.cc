// SPDX-License-Identifier: Apache-2.0
//
// <vector>, <initializer_list>: growth, moves, insertion, bool bits, bounds, constexpr use.

#include <algorithm>
#include <initializer_list>
#include <iostream>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

#include "check.h"

static constexpr int compile_time() {
  std::vector<int> numbers{1, 2, 3};
  numbers.push_back(4);
  return std::accumulate(numbers.begin(), numbers.end(), 0);
}

int main() {
  std::vector<std::string> words;
  for (int i = 0; i < 100000; ++i) words.push_back(std::to_string(i));
  words.insert(words.begin() + 500, {"x", "y"});
  words.erase(words.begin(), words.begin() + 100);
  std::cout << words.size() << ' ' << words.front() << ' ' << words[400] << ' ' << words.back() << '\n';
  std::vector<bool> bits(1000);
  for (std::size_t i = 0; i < bits.size(); i += 7) bits[i] = true;
  bits.flip();
  std::cout << std::count(bits.begin(), bits.end(), true) << ' ' << compile_time() << '\n';
  try {
    words.at(words.size()).clear();
  } catch (const std::out_of_range& error) {
    std::cout << "out_of_range\n";
  }
  CHECK(std::erase_if(words, [](const auto& word) { return word.size() > 4; }) > 80000);
  std::cout << words.size() << '\n';
}
