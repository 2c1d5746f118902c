// SPDX-License-Identifier: Apache-2.0
//
// Hexadecimal digits and text of strangers.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace sgxx::verify {

std::string to_hex(ByteView bytes);

/// An even number of digits of either case, and nothing else.
std::optional<std::vector<u8>> from_hex(std::string_view text);

template <std::size_t length>
std::optional<std::array<u8, length>> from_hex_exactly(std::string_view text) {
  if (text.size() != 2 * length) return std::nullopt;
  auto bytes = from_hex(text);
  if (!bytes) return std::nullopt;
  std::array<u8, length> array;
  std::memcpy(array.data(), bytes->data(), length);
  return array;
}

/// At most 80 characters, all of them printable ASCII: what evidence says, fit for one line of a message.
std::string printable(std::string_view text);

}  // namespace sgxx::verify
