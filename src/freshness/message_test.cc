// SPDX-License-Identifier: Apache-2.0
#include "freshness/message.h"

#include <gtest/gtest.h>

namespace sgxx::freshness {
namespace {

Anchor anchor(u64 generation) { return {generation, StateId{{static_cast<u8>(generation), 7}}}; }

Request advance() { return {Operation::advance, FreshnessScope::build, VolumeId{{1, 2, 3}}, anchor(4), anchor(5)}; }

TEST(FreshnessMessage, RequestsComeBack) {
  for (const Request& request : {advance(), Request{Operation::get, FreshnessScope::product, VolumeId{{9}}, {}, {}},
                                 Request{Operation::advance, FreshnessScope::product, {}, {}, anchor(1)}}) {
    const auto decoded = decode_request(encode(request));
    ASSERT_TRUE(decoded);
    EXPECT_EQ(decoded->operation, request.operation);
    EXPECT_EQ(decoded->scope, request.scope);
    EXPECT_EQ(decoded->volume, request.volume);
    EXPECT_EQ(decoded->from, request.from);
    EXPECT_EQ(decoded->to, request.to);
  }
}

TEST(FreshnessMessage, RepliesComeBack) {
  const auto decoded = decode_reply(encode(Reply{Status::conflict, FreshnessServerId{{5}}, anchor(3)}));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->status, Status::conflict);
  EXPECT_EQ(decoded->server, FreshnessServerId{{5}});
  EXPECT_EQ(decoded->current, anchor(3));
}

TEST(FreshnessMessage, TheBytesAreTheDocumentedOnes) {
  const Bytes body = encode(advance());
  ASSERT_EQ(body.size(), 72u);
  EXPECT_EQ(Bytes(body.begin(), body.begin() + 11), (Bytes{1, 2, 2, 0, 0, 0, 0, 0, 1, 2, 3}));
  EXPECT_EQ(body[24], 4);
  EXPECT_EQ(body[48], 5);
  EXPECT_EQ(encode(Reply{}).size(), 48u);
}

TEST(FreshnessMessage, OtherLengthsAreNone) {
  Bytes body = encode(advance()), reply = encode(Reply{Status::done, {}, anchor(1)});
  for (std::size_t length = 0; length < body.size(); ++length) EXPECT_FALSE(decode_request(ByteView(body).first(length)));
  for (std::size_t length = 0; length < reply.size(); ++length) EXPECT_FALSE(decode_reply(ByteView(reply).first(length)));
  body.push_back(0);
  reply.push_back(0);
  EXPECT_FALSE(decode_request(body));
  EXPECT_FALSE(decode_reply(reply));
}

TEST(FreshnessMessage, WhatMakesNoSenseIsNone) {
  const auto with = [](std::size_t place, u8 value) {
    Bytes body = encode(advance());
    body[place] = value;
    return decode_request(body).has_value();
  };
  EXPECT_TRUE(with(8, 0));    // another volume
  EXPECT_FALSE(with(0, 2));   // another version
  EXPECT_FALSE(with(1, 0));   // no operation
  EXPECT_FALSE(with(1, 1));   // get with anchors
  EXPECT_FALSE(with(1, 4));   // an operation that does not exist
  EXPECT_FALSE(with(2, 0));   // no scope
  EXPECT_FALSE(with(2, 3));   // a scope that does not exist
  EXPECT_FALSE(with(3, 1));   // reserved
  EXPECT_FALSE(with(7, 1));   // reserved
  EXPECT_FALSE(with(24, 0));  // a state without a generation
  EXPECT_FALSE(with(24, 5));  // not forwards
  EXPECT_FALSE(with(24, 6));  // backwards
  EXPECT_FALSE(with(48, 0));  // to nothing
  EXPECT_FALSE(decode_request(encode(Request{Operation::advance, FreshnessScope::build, {}, anchor(1), {}})));
  Bytes reply = encode(Reply{});
  reply[1] = 8;
  EXPECT_FALSE(decode_reply(reply));
  reply[1] = 0;
  reply[2] = 1;
  EXPECT_FALSE(decode_reply(reply));
}

}  // namespace
}  // namespace sgxx::freshness
