// SPDX-License-Identifier: Apache-2.0
//
// A JSON library hands out values, not the bytes they were read from, and the signature is over those bytes. So the outermost
// object is read here, by a scanner that knows no more than where a value ends; what is inside is the library's to judge.
#include "verify/json.h"

#include <algorithm>

#include "verify/time_text.h"

namespace sgxx::verify {
namespace {

constexpr std::size_t kLargestDocument = std::size_t{4} << 20;
constexpr unsigned kDeepest = 32;

class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return position_ == text_.size(); }
  void skip_space() {
    while (!at_end() && std::string_view(" \t\r\n").find(text_[position_]) != std::string_view::npos) ++position_;
  }
  bool take(char letter) {
    skip_space();
    if (at_end() || text_[position_] != letter) return false;
    ++position_;
    return true;
  }
  /// A string's contents. One with escapes is refused: no name that matters here has any.
  std::optional<std::string_view> plain_string() {
    if (!take('"')) return std::nullopt;
    const std::size_t begin = position_;
    while (!at_end() && text_[position_] != '"') {
      if (text_[position_] == '\\') return std::nullopt;
      ++position_;
    }
    if (at_end()) return std::nullopt;
    return text_.substr(begin, position_++ - begin);
  }
  /// The bytes of a value, from its first to its last.
  std::optional<std::string_view> value() {
    skip_space();
    const std::size_t begin = position_;
    unsigned depth = 0;
    while (!at_end()) {
      const char letter = text_[position_];
      if (depth == 0 && (letter == ',' || letter == '}' || letter == ']')) break;
      ++position_;
      if (letter == '"' && !skip_string()) return std::nullopt;
      if ((letter == '{' || letter == '[') && ++depth > kDeepest) return std::nullopt;
      if (letter == '}' || letter == ']') --depth;
    }
    std::size_t end = position_;
    while (end > begin && std::string_view(" \t\r\n").find(text_[end - 1]) != std::string_view::npos) --end;
    if (depth != 0 || end == begin) return std::nullopt;
    return text_.substr(begin, end - begin);
  }

 private:
  /// Behind the opening quotation mark.
  bool skip_string() {
    for (; !at_end() && text_[position_] != '"'; ++position_) {
      if (text_[position_] == '\\') ++position_;
      if (at_end()) return false;
    }
    if (at_end()) return false;
    ++position_;
    return true;
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

struct Member {
  std::string_view name, value;
};

std::optional<std::vector<Member>> members_of(ByteView document) {
  if (document.size() > kLargestDocument) return std::nullopt;
  Scanner scanner({reinterpret_cast<const char*>(document.data()), document.size()});
  std::vector<Member> members;
  if (!scanner.take('{')) return std::nullopt;
  do {
    auto name = scanner.plain_string();
    if (!name || !scanner.take(':')) return std::nullopt;
    auto value = scanner.value();
    if (!value) return std::nullopt;
    members.push_back({*name, *value});
  } while (scanner.take(','));
  if (!scanner.take('}')) return std::nullopt;
  scanner.skip_space();
  if (!scanner.at_end()) return std::nullopt;
  return members;
}

}  // namespace

std::optional<std::vector<std::string>> member_names(ByteView document) {
  auto members = members_of(document);
  if (!members) return std::nullopt;
  std::vector<std::string> names;
  for (const auto& member : *members) names.emplace_back(member.name);
  return names;
}

JsonRead<SignedJson> read_signed_json(ByteView document, std::string_view member) {
  auto members = members_of(document);
  if (!members) return json_error("not a JSON object");
  auto named = [&](std::string_view name) {
    return std::ranges::find_if(*members, [&](const Member& candidate) { return candidate.name == name; });
  };
  auto body = named(member), signature = named("signature");
  if (members->size() != 2 || body == members->end() || signature == members->end()) {
    return json_error("its members are not \"" + std::string(member) + "\" and \"signature\"");
  }
  SignedJson result{body->value, {}, Json::parse(body->value, nullptr, false)};
  if (!result.value.is_object()) return json_error('"' + std::string(member) + "\" is not a JSON object");
  const auto& digits = signature->value;
  auto bytes = digits.size() == 130 && digits.front() == '"' && digits.back() == '"'
                   ? from_hex_exactly<sizeof(isa::EcdsaSignature)>(digits.substr(1, 128))
                   : std::nullopt;
  if (!bytes) return json_error("its signature is not 128 hexadecimal digits");
  result.signature = *bytes;
  return result;
}

JsonRead<const Json*> JsonFields::any(const char* name) const {
  if (!has(name)) return json_error(std::string(name) + " is missing");
  return &object_[name];
}

JsonRead<u64> JsonFields::number(const char* name, u64 highest) const {
  const Json* value = TRY(any(name));
  if (!value->is_number_unsigned() || value->get<u64>() > highest) {
    return json_error(std::string(name) + " is not a number from 0 to " + std::to_string(highest));
  }
  return value->get<u64>();
}

JsonRead<std::string> JsonFields::text(const char* name) const {
  const Json* value = TRY(any(name));
  if (!value->is_string()) return json_error(std::string(name) + " is not a string");
  return value->get<std::string>();
}

JsonRead<Time> JsonFields::time(const char* name) const {
  auto time = time_from(TRY(text(name)));
  if (!time) return json_error(std::string(name) + " is not a time such as 2019-09-05T07:47:08Z");
  return *time;
}

JsonRead<const Json*> JsonFields::list(const char* name) const {
  const Json* value = TRY(any(name));
  if (!value->is_array()) return json_error(std::string(name) + " is not a list");
  return value;
}

}  // namespace sgxx::verify
