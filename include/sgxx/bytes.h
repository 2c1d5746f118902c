// SPDX-License-Identifier: Apache-2.0
//
// Bytes as the SDK takes and gives them, and fixed-size values that are bytes to the machine and different types to the compiler.
#pragma once

#if __cplusplus < 202002L
#error "the headers of sgxx need C++20: compile with -std=c++20 or -std=gnu++20"
#endif

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace sgxx {

using ByteView = std::span<const std::uint8_t>;
using ByteSpan = std::span<std::uint8_t>;

/// The bytes of a text, without a terminating zero.
inline ByteView view_of(std::string_view text) { return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}; }

/// Lower-case hexadecimal digits.
std::string to_hex(ByteView bytes);
/// False, and `bytes` as it was, unless `text` is exactly two hexadecimal digits for each byte.
bool from_hex(std::string_view text, ByteSpan bytes);

/// `Size` bytes that mean one thing: an MrEnclave is no MrSigner. Not for secrets: comparisons take as long as they like, and
/// nothing is wiped (see secret.h).
template <class Meaning, std::size_t Size>
struct Id {
  std::array<std::uint8_t, Size> bytes{};

  std::string hex() const { return to_hex(bytes); }
  static std::optional<Id> from_hex(std::string_view text) {
    Id id;
    if (!sgxx::from_hex(text, id.bytes)) return std::nullopt;
    return id;
  }
  bool is_zero() const { return *this == Id{}; }
  friend auto operator<=>(const Id&, const Id&) = default;
  friend std::string to_string(const Id& id) { return id.hex(); }
};

}  // namespace sgxx
