// SPDX-License-Identifier: Apache-2.0
//
// TextWriter: text that grows, for what /proc says.
#pragma once

#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class TextWriter {
 public:
  TextWriter() = default;
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;
  ~TextWriter();

  TextWriter& put(Text text);
  template <u64 n>
  TextWriter& put(const char (&literal)[n]) {
    return put(Text::of(literal));
  }
  TextWriter& put_number(u64 value, u64 width = 0);  // padded with spaces on the left
  TextWriter& put_hex(u64 value, u64 width = 0);     // padded with zeroes
  void clear() { length_ = 0; }

  Text text() const { return {reinterpret_cast<const char*>(pages_), length_}; }
  /// False when memory ran out on the way.
  bool is_whole() const { return whole_; }

 private:
  u64 pages_ = 0;  // address
  u64 page_count_ = 0;
  u64 length_ = 0;
  bool whole_ = true;
};

}  // namespace sgxx::enclave
