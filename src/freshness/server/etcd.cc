// SPDX-License-Identifier: Apache-2.0
#include "freshness/server/etcd.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace sgxx::freshness {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kMostShown = 120;

std::string base64_of(const std::string& text) { return to_base64(view_of(text)); }

/// What an error says, made printable and short.
std::string shown(std::string_view text) {
  std::string result(text.substr(0, kMostShown));
  std::ranges::replace_if(
      result, [](char letter) { return letter < ' ' || letter > '~'; }, ' ');
  return result;
}

}  // namespace

std::string to_base64(ByteView bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t place) { return place < bytes.size() ? u32{bytes[place]} : 0; };
    const u32 group = at(i) << 16 | at(i + 1) << 8 | at(i + 2);
    for (unsigned digit = 0; digit < 4; ++digit) {
      text += i + digit > bytes.size() ? '=' : kDigits[group >> (18 - 6 * digit) & 63];
    }
  }
  return text;
}

std::optional<Bytes> from_base64(std::string_view text) {
  Bytes bytes;
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
  u32 group = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t digit = i >= text.size() - padding ? 0 : kDigits.find(text[i]);
    if (digit == kDigits.npos) return std::nullopt;
    group = group << 6 | static_cast<u32>(digit);
    if (i % 4 == 3) {
      for (const unsigned shift : {16, 8, 0}) bytes.push_back(static_cast<u8>(group >> shift));
      group = 0;
    }
  }
  bytes.resize(bytes.size() - padding);
  if (to_base64(bytes) != text) return std::nullopt;
  return bytes;
}

Result<Member::Value> parse_range_answer(std::string_view text, const std::string& place) {
  const Json answer = Json::parse(text, nullptr, false);
  if (!answer.is_object()) return bad_input("no answer of etcd's: " + shown(text));
  const auto values = answer.find("kvs");
  if (values == answer.end()) {
    // Only an answer of etcd's own has a header: an empty object is not to be taken for "no such key".
    if (!answer.contains("header") || answer.contains("error")) return bad_input("no answer of etcd's: " + shown(text));
    return Member::Value();
  }
  if (!values->is_array() || values->size() != 1 || !(*values)[0].is_object()) return bad_input("not one value");
  const Json& entry = (*values)[0];
  const auto key = entry.find("key"), value = entry.find("value");
  if (key == entry.end() || !key->is_string() || key->get<std::string>() != base64_of(place)) return bad_input("another key");
  if (value == entry.end() || !value->is_string()) return bad_input("no value");
  auto bytes = from_base64(value->get<std::string>());
  if (!bytes) return bad_input("a value that is no base64");
  return Member::Value(std::move(*bytes));
}

Result<std::string> EtcdMember::post(const char* method, const std::string& body) const {
  auto answer = TRY(verify::http_post_json(url_ + "/v3/kv/" + method, body, options_));
  std::string text(answer.body.begin(), answer.body.end());
  if (answer.status != 200) return unsupported("status " + std::to_string(answer.status) + ": " + shown(text));
  return text;
}

Result<Member::Value> EtcdMember::read(const std::string& place) {
  const Json request = {{"key", base64_of(place)}};
  auto answer = TRY(post("range", request.dump()));
  return parse_range_answer(answer, place);
}

Result<void> EtcdMember::swap(const std::string& place, const Value& expected, const Bytes& value) {
  const std::string key = base64_of(place);
  Json compare = {{"key", key}, {"result", "EQUAL"}};
  if (expected) {
    compare["target"] = "VALUE";
    compare["value"] = to_base64(*expected);
  } else {
    compare["target"] = "CREATE";
    compare["create_revision"] = "0";
  }
  const Json put = {{"request_put", {{"key", key}, {"value", to_base64(value)}}}};
  const Json request = {{"compare", Json::array({compare})}, {"success", Json::array({put})}};
  TRY(post("txn", request.dump()));
  return {};
}

}  // namespace sgxx::freshness
