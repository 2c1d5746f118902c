// SPDX-License-Identifier: Apache-2.0
//
// A strict reader of DER (X.690): definite, minimal lengths and nothing left over. For the PCK certificate's extension, which
// OpenSSL hands out as bytes.
#pragma once

#include <optional>

#include "base/bytes.h"

namespace sgxx::verify {

namespace der_tag {
inline constexpr u8 boolean = 0x01, integer = 0x02, octet_string = 0x04, object_identifier = 0x06, enumerated = 0x0a,
                    sequence = 0x30;
}

class DerReader {
 public:
  explicit DerReader(ByteView bytes) : rest_(bytes) {}

  bool at_end() const { return rest_.empty(); }

  /// The contents of the next element, which must have this tag.
  std::optional<ByteView> take(u8 tag) {
    auto element = take_any();
    if (!element || element->tag != tag) return std::nullopt;
    return element->contents;
  }

  struct Element {
    u8 tag;
    ByteView contents;
  };

  std::optional<Element> take_any() {
    if (rest_.size() < 2) return std::nullopt;
    const u8 tag = rest_[0];
    u64 length = rest_[1], header = 2;
    if (length >= 0x80) {
      const u64 digits = length & 0x7f;
      if (digits == 0 || digits > 2 || !fits(2, digits, rest_.size()) || rest_[2] == 0) return std::nullopt;
      length = 0;
      for (u64 i = 0; i < digits; ++i) length = length << 8 | rest_[2 + i];
      if (length < 0x80) return std::nullopt;
      header += digits;
    }
    auto contents = slice(rest_, header, length);
    if (!contents) return std::nullopt;
    rest_ = rest_.subspan(header + length);
    return Element{tag, *contents};
  }

 private:
  ByteView rest_;
};

/// The value of an INTEGER or ENUMERATED from 0 to `highest`, minimally encoded.
inline std::optional<u32> der_number(ByteView contents, u32 highest) {
  if (contents.empty() || contents.size() > 5 || contents[0] >= 0x80) return std::nullopt;
  if (contents.size() > 1 && contents[0] == 0 && contents[1] < 0x80) return std::nullopt;
  u64 value = 0;
  for (u8 byte : contents) value = value << 8 | byte;
  if (value > highest) return std::nullopt;
  return static_cast<u32>(value);
}

}  // namespace sgxx::verify
