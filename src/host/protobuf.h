// SPDX-License-Identifier: Apache-2.0
//
// As much of Protocol Buffers' encoding as the AESM service's messages need: numbers and bytes in numbered fields, messages as
// bytes. https://protobuf.dev/programming-guides/encoding. A library would bring a compiler and hundreds of kilobytes for six
// small messages.
#pragma once

#include <optional>
#include <vector>

#include "base/bytes.h"

namespace sgxx::host {

class ProtobufWriter {
 public:
  ProtobufWriter& number(u32 field, u64 value);
  ProtobufWriter& bytes(u32 field, ByteView value);
  const std::vector<u8>& message() const { return message_; }

 private:
  void varint(u64 value);
  std::vector<u8> message_;
};

/// A view of a message. Fields of kinds that AESM does not use are skipped; of a field that occurs twice the last one counts.
class ProtobufMessage {
 public:
  /// Nothing when `bytes` is no message.
  static std::optional<ProtobufMessage> parse(ByteView bytes);

  std::optional<u64> number(u32 field) const;
  std::optional<ByteView> bytes(u32 field) const;

 private:
  struct Field {
    u32 number;
    bool is_bytes;
    u64 value;
    ByteView bytes;
  };
  const Field* find(u32 number, bool is_bytes) const;
  std::vector<Field> fields_;
};

}  // namespace sgxx::host
