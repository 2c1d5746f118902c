// SPDX-License-Identifier: Apache-2.0
//
// <concepts> and <type_traits>: constrained overloads choose the most constrained one.

#include <concepts>
#include <iostream>
#include <string>
#include <type_traits>
#include <vector>

namespace {

template <typename T>
concept Addable = requires(T a, T b) {
  { a + b } -> std::convertible_to<T>;
};

const char* kind(const auto&) { return "anything"; }
const char* kind(const Addable auto&) { return "addable"; }
template <typename T>
requires Addable<T> && std::integral<T>
const char* kind(const T&) { return "integral"; }

struct Empty {};
static_assert(std::regular<std::string> && !std::totally_ordered<Empty>);
static_assert(std::is_nothrow_move_constructible_v<std::vector<int>>);
static_assert(std::is_same_v<std::common_type_t<int, unsigned char, double>, double>);
static_assert(std::is_layout_compatible_v<int, int> && std::is_bounded_array_v<int[3]>);

}  // namespace

int main() { std::cout << kind(Empty{}) << ' ' << kind(1.5) << ' ' << kind(3) << ' ' << kind(std::string()) << '\n'; }
