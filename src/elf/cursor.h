// SPDX-License-Identifier: Apache-2.0
//
// Cursor: reads the variable-length encodings of DWARF from untrusted bytes. The first read that does not fit makes the cursor
// bad for good and yields zeroes from then on, so that a parser checks once at the end of a record instead of at each field.
#pragma once

#include "elf/file.h"

namespace sgxx::elf {

/// DW_EH_PE_* (Linux Standard Base, "DWARF Exception Header Encoding").
namespace pointer_encoding {
inline constexpr u8 absolute = 0x00, uleb128 = 0x01, udata2 = 0x02, udata4 = 0x03, udata8 = 0x04;
inline constexpr u8 sleb128 = 0x09, sdata2 = 0x0a, sdata4 = 0x0b, sdata8 = 0x0c;
inline constexpr u8 format_mask = 0x0f, relation_mask = 0x70, relative_to_place = 0x10, indirect = 0x80, omit = 0xff;
}  // namespace pointer_encoding

class Cursor {
 public:
  /// Reads `bytes`, the first of which lies at `address`.
  Cursor(ByteView bytes, Vaddr address) : bytes_(bytes), address_(address) {}

  bool good() const { return good_; }
  bool at_end() const { return position_ == bytes_.size(); }
  u64 position() const { return position_; }
  Vaddr address() const { return address_ + position_; }
  u64 remaining() const { return bytes_.size() - position_; }

  template <Crossable T>
  T read() {
    auto value = good_ ? read_at<T>(bytes_, position_) : std::nullopt;
    if (!value) return good_ = false, T{};
    position_ += sizeof(T);
    return *value;
  }

  void skip(u64 count) {
    if (!good_ || count > remaining()) {
      good_ = false;
    } else {
      position_ += count;
    }
  }

  /// A cursor over the next `count` bytes, which this one skips.
  Cursor sub(u64 count) {
    Cursor inner = *this;
    skip(count);
    if (!good_) return Cursor({}, address_).fail();
    inner.bytes_ = bytes_.subspan(0, position_);
    return inner;
  }

  u64 uleb() {
    u64 value = 0;
    for (unsigned shift = 0; good_; shift += 7) {
      u8 byte = read<u8>();
      if (shift < 64) value |= u64{byte & 0x7fu} << shift;
      if ((byte & 0x80) == 0) break;
    }
    return value;
  }

  u64 sleb() {
    u64 value = 0;
    for (unsigned shift = 0; good_;) {
      u8 byte = read<u8>();
      if (shift < 64) value |= u64{byte & 0x7fu} << shift;
      shift += 7;
      if ((byte & 0x80) == 0) {
        if ((byte & 0x40) != 0 && shift < 64) value |= ~u64{0} << shift;
        break;
      }
    }
    return value;
  }

  /// A pointer of one of the encodings above; relations other than to the place itself, and indirection, make the cursor bad.
  u64 pointer(u8 encoding) {
    u64 place = address().value;
    u64 value = raw(encoding & pointer_encoding::format_mask);
    u8 relation = encoding & pointer_encoding::relation_mask;
    if (relation == pointer_encoding::relative_to_place) {
      value = value == 0 ? 0 : place + value;
    } else if (relation != 0) {
      good_ = false;
    }
    return value;
  }

 private:
  Cursor& fail() {
    good_ = false;
    return *this;
  }

  u64 raw(u8 format) {
    using namespace pointer_encoding;
    switch (format) {
      case absolute:
      case udata8:
      case sdata8: return read<u64>();
      case uleb128: return uleb();
      case sleb128: return sleb();
      case udata2: return read<u16>();
      case udata4: return read<u32>();
      case sdata2: return static_cast<u64>(i64{static_cast<std::int16_t>(read<u16>())});
      case sdata4: return static_cast<u64>(i64{static_cast<i32>(read<u32>())});
      default: good_ = false; return 0;
    }
  }

  ByteView bytes_;
  Vaddr address_;
  u64 position_ = 0;
  bool good_ = true;
};

}  // namespace sgxx::elf
