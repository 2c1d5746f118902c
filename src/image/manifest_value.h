// SPDX-License-Identifier: Apache-2.0
//
// Single values of the manifest, each read from one TOML node with the limits of its kind. A reader answers the value or a text
// that says what was expected; the caller adds file, line, column and key. Apart from the table of keys so that each stays short.
#pragma once

#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/checked.h"
#include "base/error.h"
#include "image/mounts.h"

namespace sgxx::image {

/// The table that `text` says. Errors begin with "NAME:LINE:COLUMN: ".
Result<toml::table> parse_toml(std::string_view text, const std::string& name);

/// "NAME:LINE:COLUMN: "
std::string place_text(const std::string& name, const toml::source_position& position);

/// Without control characters and line breaks, which must not reach the one line of an error.
std::string printable(std::string_view text);

/// "unknown KIND NAME; did you mean OTHER?", or with all names.
std::string unknown_name(std::string_view kind, std::string_view name, std::span<const std::string_view> names);

/// What was expected, and optionally the node inside a list or table that is at fault.
struct Expectation {
  std::string text;
  const toml::node* culprit = nullptr;
};
template <class T>
using Read = Result<T, Expectation>;

inline Failure<Expectation> expected(std::string text, const toml::node* culprit = nullptr) {
  return {Expectation{std::move(text), culprit}};
}

/// A name that a list may hold and the bits that it stands for.
struct BitName {
  std::string_view name;
  u64 bits;
};

Read<u64> read_integer(const toml::node& node, u64 lowest, u64 highest);
/// "64 MiB" or bytes; a multiple of the page size within the limits.
Read<u64> read_size(const toml::node& node, u64 lowest, u64 highest);
Read<bool> read_boolean(const toml::node& node);
/// A string that is not empty and holds no NUL.
Read<std::string> read_text(const toml::node& node, std::string_view what);
/// One of the names, as its bits.
Read<u64> read_name(const toml::node& node, std::span<const BitName> names);
/// A list of distinct names, as the union of their bits.
Read<u64> read_names(const toml::node& node, std::span<const BitName> names);
Read<std::vector<std::string>> read_strings(const toml::node& node);
/// A table of NAME = "value", as sorted "NAME=value".
Read<std::vector<std::string>> read_environment(const toml::node& node);
/// An absolute path below /, in its shortest form.
Read<std::string> read_inner_path(const toml::node& node);
/// A list of tables, one for each mount, as mounts sorted by path.
Read<std::vector<Mount>> read_mounts(const toml::node& node);
/// 32 hexadecimal digits.
Read<std::array<u8, 16>> read_hex16(const toml::node& node);

/// The name among `names` that `text` most likely was meant to be, or an empty one.
std::string_view nearest_name(std::string_view text, std::span<const std::string_view> names);

/// Bytes as a person would write them: "64 MiB".
std::string size_text(u64 bytes);

}  // namespace sgxx::image
