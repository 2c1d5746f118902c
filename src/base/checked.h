// SPDX-License-Identifier: Apache-2.0
//
// Arithmetic on sizes that come from files and hosts: it says so when the result does not fit. Freestanding.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

namespace sgxx {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

inline constexpr u64 kPageSize = 4096;

template <std::unsigned_integral T>
[[nodiscard]] constexpr std::optional<T> checked_add(T a, T b) {
  T sum{};
  if (__builtin_add_overflow(a, b, &sum)) return std::nullopt;
  return sum;
}

template <std::unsigned_integral T>
[[nodiscard]] constexpr std::optional<T> checked_multiply(T a, T b) {
  T product{};
  if (__builtin_mul_overflow(a, b, &product)) return std::nullopt;
  return product;
}

[[nodiscard]] constexpr bool is_power_of_two(u64 value) { return value != 0 && (value & (value - 1)) == 0; }
[[nodiscard]] constexpr bool is_aligned(u64 value, u64 alignment) { return (value & (alignment - 1)) == 0; }
[[nodiscard]] constexpr u64 align_down(u64 value, u64 alignment) { return value & ~(alignment - 1); }

/// `value` rounded up to a multiple of `alignment` (a power of two), or nothing when that passes 2^64.
[[nodiscard]] constexpr std::optional<u64> checked_align_up(u64 value, u64 alignment) {
  auto raised = checked_add(value, alignment - 1);
  if (!raised) return std::nullopt;
  return align_down(*raised, alignment);
}
/// The same for values known to be far below 2^64.
[[nodiscard]] constexpr u64 align_up(u64 value, u64 alignment) { return align_down(value + alignment - 1, alignment); }

/// True when [offset, offset + length) lies within [0, size): the bounds check of every parser here.
[[nodiscard]] constexpr bool fits(u64 offset, u64 length, u64 size) { return offset <= size && length <= size - offset; }

}  // namespace sgxx
