// SPDX-License-Identifier: Apache-2.0
#include "freshness/server/etcd.h"

#include <gtest/gtest.h>

namespace sgxx::freshness {
namespace {

TEST(Etcd, Base64IsCanonical) {  // RFC 4648, 10
  for (const auto& [plain, text] : {std::pair("", ""), {"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
    EXPECT_EQ(to_base64(view_of(plain)), text);
    const auto bytes = from_base64(text);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(std::string(bytes->begin(), bytes->end()), plain);
  }
  for (const char* text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "====", "Zg==Zg==", "Z=g=", "Zm9\n"})
    EXPECT_FALSE(from_base64(text)) << text;
}

bool is_absent(std::string_view text) {
  auto value = parse_range_answer(text, "a");
  return value && !*value;
}
bool is_refused(std::string_view text) { return !parse_range_answer(text, "a"); }

TEST(Etcd, AnAnswerIsOneValueOrNone) {
  auto value = parse_range_answer(R"({"header":{},"kvs":[{"key":"YQ==","mod_revision":"7","value":"Zm8="}],"count":"1"})", "a");
  ASSERT_TRUE(value && *value);
  EXPECT_EQ(**value, (Bytes{'f', 'o'}));
  EXPECT_TRUE(is_absent(R"({"header":{"revision":"1"}})"));
}

TEST(Etcd, WhatIsNoAnswerIsNotAbsence) {
  for (const char* text :
       {"", "{", "[]", "null", "{}", R"({"error":"x","code":2})", R"({"header":{},"error":"x"})", R"({"header":{},"kvs":[]})",
        R"({"header":{},"kvs":{}})", R"({"header":{},"kvs":[1]})", R"({"header":{},"kvs":[{"key":"Yg==","value":"Zm8="}]})",
        R"({"header":{},"kvs":[{"key":"YQ=="}]})", R"({"header":{},"kvs":[{"key":"YQ==","value":7}]})",
        R"({"header":{},"kvs":[{"key":"YQ==","value":"?"}]})",
        R"({"header":{},"kvs":[{"key":"YQ==","value":""},{"key":"YQ==","value":""}]})"}) {
    EXPECT_TRUE(is_refused(text)) << text;
  }
}

}  // namespace
}  // namespace sgxx::freshness
