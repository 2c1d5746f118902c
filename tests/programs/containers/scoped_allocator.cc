// SPDX-License-Identifier: Apache-2.0
//
// <scoped_allocator>: the inner containers use the outer one's allocator.

#include <iostream>
#include <memory_resource>
#include <scoped_allocator>
#include <string>
#include <vector>

#include "check.h"

template <typename T>
struct Counting {
  using value_type = T;
  explicit Counting(long* count) : count_(count) {}
  template <typename U>
  Counting(const Counting<U>& other) : count_(other.count_) {}
  T* allocate(std::size_t n) {
    ++*count_;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }
  bool operator==(const Counting&) const = default;
  long* count_;
};

using Text = std::basic_string<char, std::char_traits<char>, Counting<char>>;

int main() {
  long outer = 0, inner = 0;
  using Allocator = std::scoped_allocator_adaptor<Counting<Text>, Counting<char>>;
  std::vector<Text, Allocator> words(Allocator{Counting<Text>(&outer), Counting<char>(&inner)});
  words.reserve(3);
  for (int i = 0; i < 3; ++i) words.emplace_back("long enough to leave the object itself");
  std::cout << outer << ' ' << inner << '\n';
  CHECK(words[2].get_allocator().count_ == &inner);
}
