// SPDX-License-Identifier: Apache-2.0
//
// Bytes as lower-case hexadecimal digits, the way measurements are written.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace sgxx::cli {

inline std::string hex(ByteView bytes) { return fmt::format("{:02x}", fmt::join(bytes, "")); }

/// Nothing unless `text` is pairs of hexadecimal digits, of either case.
inline std::optional<std::vector<u8>> bytes_of_hex(std::string_view text) {
  const auto digit = [](char letter) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    return kDigits.find(letter >= 'A' && letter <= 'F' ? static_cast<char>(letter + ('a' - 'A')) : letter);
  };
  if (text.size() % 2 != 0) return std::nullopt;
  std::vector<u8> bytes;
  for (size_t i = 0; i < text.size(); i += 2) {
    const size_t high = digit(text[i]), low = digit(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes.push_back(static_cast<u8>(high << 4 | low));
  }
  return bytes;
}

}  // namespace sgxx::cli
