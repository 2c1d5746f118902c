// SPDX-License-Identifier: Apache-2.0
#include "host/protobuf.h"

namespace sgxx::host {
namespace {

enum WireType : u64 { varint_type = 0, eight_bytes = 1, length_delimited = 2, four_bytes = 5 };
constexpr u64 kHighestField = (u64{1} << 29) - 1;
constexpr int kLongestVarint = 10;

/// What is left of a message. Every function is nothing when that is too short or malformed.
class Cursor {
 public:
  explicit Cursor(ByteView rest) : rest_(rest) {}
  bool at_end() const { return rest_.empty(); }

  std::optional<u64> varint() {
    u64 value = 0;
    for (int i = 0; i < kLongestVarint; ++i) {
      if (rest_.empty()) return std::nullopt;
      const u8 byte = rest_[0];
      rest_ = rest_.subspan(1);
      if (i == kLongestVarint - 1 && byte > 1) return std::nullopt;
      value |= u64{byte & 0x7fu} << (7 * i);
      if ((byte & 0x80) == 0) return value;
    }
    return std::nullopt;
  }

  std::optional<ByteView> take(u64 length) {
    const auto taken = slice(rest_, 0, length);
    if (taken) rest_ = rest_.subspan(length);
    return taken;
  }

 private:
  ByteView rest_;
};

}  // namespace

void ProtobufWriter::varint(u64 value) {
  for (; value >= 0x80; value >>= 7) message_.push_back(static_cast<u8>(value | 0x80));
  message_.push_back(static_cast<u8>(value));
}

ProtobufWriter& ProtobufWriter::number(u32 field, u64 value) {
  varint(u64{field} << 3 | varint_type);
  varint(value);
  return *this;
}

ProtobufWriter& ProtobufWriter::bytes(u32 field, ByteView value) {
  varint(u64{field} << 3 | length_delimited);
  varint(value.size());
  message_.insert(message_.end(), value.begin(), value.end());
  return *this;
}

std::optional<ProtobufMessage> ProtobufMessage::parse(ByteView bytes) {
  ProtobufMessage message;
  for (Cursor cursor(bytes); !cursor.at_end();) {
    const auto key = cursor.varint();
    if (!key || *key >> 3 == 0 || *key >> 3 > kHighestField) return std::nullopt;
    Field field{static_cast<u32>(*key >> 3), false, 0, {}};
    switch (*key & 7) {
      case varint_type: {
        const auto value = cursor.varint();
        if (!value) return std::nullopt;
        field.value = *value;
        break;
      }
      case length_delimited: {
        const auto length = cursor.varint();
        const auto content = length ? cursor.take(*length) : std::nullopt;
        if (!content) return std::nullopt;
        field.is_bytes = true;
        field.bytes = *content;
        break;
      }
      case eight_bytes:
        if (!cursor.take(8)) return std::nullopt;
        continue;
      case four_bytes:
        if (!cursor.take(4)) return std::nullopt;
        continue;
      default: return std::nullopt;
    }
    message.fields_.push_back(field);
  }
  return message;
}

const ProtobufMessage::Field* ProtobufMessage::find(u32 number, bool is_bytes) const {
  for (size_t i = fields_.size(); i-- > 0;) {
    if (fields_[i].number == number && fields_[i].is_bytes == is_bytes) return &fields_[i];
  }
  return nullptr;
}

std::optional<u64> ProtobufMessage::number(u32 field) const {
  const Field* found = find(field, false);
  if (found == nullptr) return std::nullopt;
  return found->value;
}

std::optional<ByteView> ProtobufMessage::bytes(u32 field) const {
  const Field* found = find(field, true);
  if (found == nullptr) return std::nullopt;
  return found->bytes;
}

}  // namespace sgxx::host
