// SPDX-License-Identifier: Apache-2.0
//
// Bytes that came from somewhere: a view, a bounds-checked reader, and the concept of a type that may be copied as bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

#include "base/checked.h"

namespace sgxx {

using ByteView = std::span<const u8>;
using ByteSpan = std::span<u8>;

/// A type whose every bit is a value: no padding that could carry a secret out, no invariant that a copy could break.
template <class T>
concept Crossable = std::is_trivially_copyable_v<T> && std::has_unique_object_representations_v<T>;

template <Crossable T>
ByteView as_bytes_of(const T& object) {
  return {reinterpret_cast<const u8*>(&object), sizeof(T)};
}

/// The T at `offset`, or nothing when it does not lie wholly within `bytes`. Unaligned offsets are fine.
template <Crossable T>
[[nodiscard]] std::optional<T> read_at(ByteView bytes, u64 offset) {
  if (!fits(offset, sizeof(T), bytes.size())) return std::nullopt;
  std::array<u8, sizeof(T)> copy;
  std::memcpy(copy.data(), bytes.data() + offset, sizeof(T));
  return __builtin_bit_cast(T, copy);
}

/// `length` bytes from `offset`, or nothing when they do not lie within `bytes`.
[[nodiscard]] inline std::optional<ByteView> slice(ByteView bytes, u64 offset, u64 length) {
  if (!fits(offset, length, bytes.size())) return std::nullopt;
  return bytes.subspan(offset, length);
}

}  // namespace sgxx
