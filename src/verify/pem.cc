// SPDX-License-Identifier: Apache-2.0
#include "verify/pem.h"

#include <string>

namespace sgxx::verify {
namespace {

int sextet(char letter) {
  if (letter >= 'A' && letter <= 'Z') return letter - 'A';
  if (letter >= 'a' && letter <= 'z') return letter - 'a' + 26;
  if (letter >= '0' && letter <= '9') return letter - '0' + 52;
  if (letter == '+') return 62;
  if (letter == '/') return 63;
  return -1;
}

/// `text` without line breaks. Bits that belong to no byte must be zero.
std::optional<std::vector<u8>> read_base64(const std::string& text) {
  if (text.empty() || text.size() % 4 != 0) return std::nullopt;
  std::size_t digits = text.size();
  while (digits > text.size() - 2 && text[digits - 1] == '=') --digits;
  std::vector<u8> bytes;
  u32 bits = 0;
  unsigned count = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const int value = sextet(text[i]);
    if (value < 0) return std::nullopt;
    bits = bits << 6 | static_cast<u32>(value);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<u8>(bits >> count));
      bits &= (1u << count) - 1;
    }
  }
  if (bits != 0) return std::nullopt;
  return bytes;
}

bool is_line_break(char letter) { return letter == '\n' || letter == '\r'; }

void skip_line_breaks(std::string_view& text) {
  while (!text.empty() && is_line_break(text.front())) text.remove_prefix(1);
}

bool take(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

}  // namespace

std::optional<std::vector<std::vector<u8>>> read_pem(std::string_view text, std::string_view label) {
  const std::string begin = "-----BEGIN " + std::string(label) + "-----";
  const std::string end = "-----END " + std::string(label) + "-----";
  if (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  std::vector<std::vector<u8>> blocks;
  for (skip_line_breaks(text); !text.empty(); skip_line_breaks(text)) {
    if (!take(text, begin)) return std::nullopt;
    std::string base64;
    while (!text.empty() && text.front() != '-') {
      if (!is_line_break(text.front())) base64 += text.front();
      text.remove_prefix(1);
    }
    if (!take(text, end)) return std::nullopt;
    auto block = read_base64(base64);
    if (!block) return std::nullopt;
    blocks.push_back(std::move(*block));
  }
  if (blocks.empty()) return std::nullopt;
  return blocks;
}

}  // namespace sgxx::verify
