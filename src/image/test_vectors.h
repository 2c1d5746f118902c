// SPDX-License-Identifier: Apache-2.0
//
// For tests: public conformance data that lies beside the project (../shared/vectors) and is never copied into it. A test that
// needs a vector says SGXX_VECTOR(bytes, "sgxs/name") and is skipped, with a line that says why, where the folder is absent.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace sgxx::image {

inline std::optional<std::vector<u8>> read_vector(const std::string& name) {
  const std::filesystem::path source_root = SGXX_SOURCE_DIR;
  for (const auto& root : {source_root / ".." / "shared", source_root / ".." / ".." / "shared"}) {
    std::ifstream file(root / "vectors" / name, std::ios::binary);
    if (file) return std::vector<u8>(std::istreambuf_iterator<char>(file), {});
  }
  return std::nullopt;
}

inline std::string hex(ByteView bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (u8 byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

#define SGXX_VECTOR(bytes, name)                                                                         \
  const auto bytes##_optional = ::sgxx::image::read_vector(name);                                        \
  if (!bytes##_optional) GTEST_SKIP() << "../shared/vectors/" << (name) << " is not beside the project"; \
  const std::vector<u8>& bytes = *bytes##_optional

}  // namespace sgxx::image
