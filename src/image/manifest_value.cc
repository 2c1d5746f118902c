// SPDX-License-Identifier: Apache-2.0
#include "image/manifest_value.h"

#include <algorithm>
#include <charconv>
#include <numeric>

#include "image/manifest.h"

namespace sgxx::image {
namespace {

struct Unit {
  std::string_view name;
  unsigned shift;
};
constexpr Unit kUnits[] = {{"TiB", 40}, {"GiB", 30}, {"MiB", 20}, {"KiB", 10}};

bool has_nul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

std::string join(std::span<const BitName> names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "\"" : ", \"") + std::string(name.name) + "\"";
  return text;
}

/// Levenshtein's distance: insertions, deletions and replacements that turn one word into the other.
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, row[j + 1] + 1, replaced});
    }
  }
  return row[b.size()];
}

/// toml++ 3.3 has undefined behaviour on most characters beyond ASCII that stand outside a string, so none is let through.
Result<void> require_ascii(std::string_view text, const std::string& name) {
  u32 line = 1, column = 0;
  for (char letter : text) {
    ++column;
    if (static_cast<unsigned char>(letter) >= 0x80) {
      return bad_input(place_text(name, {line, column}) +
                       "expected ASCII; write other characters in a string as \\u escapes: \"\\u00e9\"");
    }
    if (letter == '\n') {
      ++line;
      column = 0;
    }
  }
  return {};
}

}  // namespace

Result<toml::table> parse_toml(std::string_view text, const std::string& name) {
  TRY(require_ascii(text, name));
  auto parsed = toml::parse(text);
  if (!parsed) return bad_input(place_text(name, parsed.error().source().begin) + printable(parsed.error().description()));
  return std::move(parsed).table();
}

std::string place_text(const std::string& name, const toml::source_position& position) {
  return name + ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
}

std::string printable(std::string_view text) {
  std::string clean;
  for (char letter : text.substr(0, 200)) clean += static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f ? ' ' : letter;
  return clean;
}

std::string unknown_name(std::string_view kind, std::string_view name, std::span<const std::string_view> names) {
  std::string message = "unknown " + std::string(kind) + " " + printable(name);
  if (auto nearest = nearest_name(name, names); !nearest.empty()) return message + "; did you mean " + std::string(nearest) + "?";
  message += "; the " + std::string(kind) + "s are";
  for (auto known : names) message += (known == names.front() ? " " : ", ") + std::string(known);
  return message;
}

std::optional<u64> parse_size(std::string_view text) {
  u64 number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  if (text.empty()) return number;
  if (text.front() == ' ') text.remove_prefix(1);
  for (const auto& unit : kUnits) {
    if (text == unit.name) return checked_multiply(number, u64{1} << unit.shift);
  }
  return std::nullopt;
}

std::string size_text(u64 bytes) {
  for (const auto& unit : kUnits) {
    if (bytes != 0 && is_aligned(bytes, u64{1} << unit.shift)) {
      return std::to_string(bytes >> unit.shift) + " " + std::string(unit.name);
    }
  }
  return std::to_string(bytes);
}

std::string_view nearest_name(std::string_view text, std::span<const std::string_view> names) {
  constexpr size_t kLongestTypo = 64;
  if (text.size() > kLongestTypo) return {};
  std::string_view nearest;
  size_t best = std::max<size_t>(2, text.size() / 3) + 1;
  for (auto name : names) {
    // "thread" for "threads" or "id" for "product_id" is as good as a slip of the finger.
    size_t distance = edit_distance(text, name);
    if (distance > 1 && text.size() >= 3 && name.find(text) != std::string_view::npos) distance = 1;
    if (distance < best) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

Read<u64> read_integer(const toml::node& node, u64 lowest, u64 highest) {
  auto number = node.value_exact<i64>();
  if (!number || *number < 0 || static_cast<u64>(*number) < lowest || static_cast<u64>(*number) > highest) {
    return expected("an integer from " + std::to_string(lowest) + " to " + std::to_string(highest));
  }
  return static_cast<u64>(*number);
}

Read<u64> read_size(const toml::node& node, u64 lowest, u64 highest) {
  std::optional<u64> bytes;
  if (auto number = node.value_exact<i64>(); number && *number >= 0) bytes = static_cast<u64>(*number);
  if (auto text = node.value_exact<std::string_view>()) bytes = parse_size(*text);
  if (!bytes) return expected("a size such as \"64 MiB\", or a number of bytes");
  if (!is_aligned(*bytes, kPageSize)) return expected("a multiple of the page size (4096 bytes)");
  if (*bytes < lowest || *bytes > highest) return expected("a size from " + size_text(lowest) + " to " + size_text(highest));
  return *bytes;
}

Read<bool> read_boolean(const toml::node& node) {
  auto value = node.value_exact<bool>();
  if (!value) return expected("true or false");
  return *value;
}

Read<std::string> read_text(const toml::node& node, std::string_view what) {
  auto value = node.value_exact<std::string_view>();
  if (!value || value->empty() || has_nul(*value)) return expected(std::string(what));
  return std::string(*value);
}

Read<u64> read_name(const toml::node& node, std::span<const BitName> names) {
  auto text = node.value_exact<std::string_view>();
  for (const auto& name : names)
    if (text && name.name == *text) return name.bits;
  return expected("one of " + join(names), &node);
}

Read<u64> read_names(const toml::node& node, std::span<const BitName> names) {
  const auto* list = node.as_array();
  if (list == nullptr) return expected("a list of names out of " + join(names));
  u64 bits = 0;
  for (const auto& item : *list) {
    const u64 found = TRY(read_name(item, names));
    if ((bits & found) != 0) return expected("each name once", &item);
    bits |= found;
  }
  return bits;
}

Read<std::vector<std::string>> read_strings(const toml::node& node) {
  const auto* list = node.as_array();
  if (list == nullptr) return expected("a list of strings");
  std::vector<std::string> strings;
  for (const auto& item : *list) {
    auto text = item.value_exact<std::string_view>();
    if (!text || has_nul(*text)) return expected("a string without NUL", &item);
    strings.emplace_back(*text);
  }
  return strings;
}

Read<std::vector<std::string>> read_environment(const toml::node& node) {
  const auto* table = node.as_table();
  if (table == nullptr) return expected("a table of NAME = \"value\"");
  std::vector<std::string> environment;
  for (const auto& [key, value] : *table) {
    if (key.str().empty() || key.str().find('=') != std::string_view::npos || has_nul(key.str())) {
      return expected("names of variables that are not empty and hold no '=' or NUL", &value);
    }
    auto text = value.value_exact<std::string_view>();
    if (!text || has_nul(*text)) return expected("a string without NUL as the value of " + std::string(key.str()), &value);
    environment.push_back(std::string(key.str()) + "=" + std::string(*text));
  }
  std::sort(environment.begin(), environment.end());
  return environment;
}

namespace {

/// An absolute path in its shortest form.
bool is_mount_path(std::string_view path) {
  if (path.size() < 2 || path.size() > 1024 || path.front() != '/') return false;
  for (size_t begin = 1; begin <= path.size();) {
    const size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view name = path.substr(begin, end - begin);
    if (name.empty() || name == "." || name == ".." || name.size() > 255) return false;
    begin = end + 1;
  }
  return true;
}

}  // namespace

Read<std::string> read_inner_path(const toml::node& node) {
  constexpr std::string_view kWhat = "an absolute path below /, without ., .. or a slash at its end";
  std::string path = TRY(read_text(node, kWhat));
  if (!is_mount_path(path)) return expected(std::string(kWhat));
  return path;
}

Read<std::array<u8, 16>> read_hex16(const toml::node& node) {
  std::array<u8, 16> bytes{};
  auto text = node.value_exact<std::string_view>();
  if (!text || text->size() != 2 * bytes.size()) return expected("a string of 32 hexadecimal digits");
  for (size_t index = 0; index < bytes.size(); ++index) {
    const char* digits = text->data() + 2 * index;
    auto [end, error] = std::from_chars(digits, digits + 2, bytes[index], 16);
    if (error != std::errc() || end != digits + 2) return expected("a string of 32 hexadecimal digits");
  }
  return bytes;
}

}  // namespace sgxx::image
