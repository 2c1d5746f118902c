// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/text_writer.h"

#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"

namespace sgxx::enclave {

TextWriter::~TextWriter() {
  if (page_count_ != 0) give_runtime_pages(pages_, page_count_);
}

TextWriter& TextWriter::put(Text text) {
  if (length_ + text.length > page_count_ * kPageSize) {
    const u64 wanted = page_count_ * 2 + 1;
    const auto pages = take_runtime_pages(wanted);
    if (!pages.ok()) {
      whole_ = false;
      return *this;
    }
    memcpy(reinterpret_cast<void*>(*pages), reinterpret_cast<const void*>(pages_), length_);
    if (page_count_ != 0) give_runtime_pages(pages_, page_count_);
    pages_ = *pages;
    page_count_ = wanted;
  }
  memcpy(reinterpret_cast<char*>(pages_) + length_, text.data, text.length);
  length_ += text.length;
  return *this;
}

TextWriter& TextWriter::put_number(u64 value, u64 width) {
  std::array<char, 24> digits;
  u64 at = digits.size();
  do {
    digits[--at] = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (digits.size() - at < width) digits[--at] = ' ';
  return put(Text{digits.data() + at, digits.size() - at});
}

TextWriter& TextWriter::put_hex(u64 value, u64 width) {
  std::array<char, 24> digits;
  u64 at = digits.size();
  do {
    const u64 digit = value % 16;
    digits[--at] = static_cast<char>(digit < 10 ? '0' + digit : 'a' + digit - 10);
    value /= 16;
  } while (value != 0);
  while (digits.size() - at < width) digits[--at] = '0';
  return put(Text{digits.data() + at, digits.size() - at});
}

}  // namespace sgxx::enclave
