// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/dns.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sgxx::enclave::dns {
namespace {

std::vector<u8> query_for(const std::string& labels, u16 type, u16 kind = 1) {
  std::vector<u8> bytes;
  for (const int byte : {0x12, 0x34, 0x01, 0x00, 0, 1, 0, 0, 0, 0, 0, 0}) bytes.push_back(static_cast<u8>(byte));
  for (const char letter : labels) bytes.push_back(static_cast<u8>(letter));
  for (const u16 word : {type, kind}) {
    bytes.push_back(static_cast<u8>(word >> 8));
    bytes.push_back(static_cast<u8>(word));
  }
  return bytes;
}

const std::string kName("\3www\7example\0", 13);

std::string name_of(const Query& query) { return {query.name.data(), query.name_length}; }

TEST(Dns, ReadsAQuestion) {
  const auto bytes = query_for(kName, 1);
  const auto query = parse_query(bytes.data(), bytes.size());
  ASSERT_TRUE(query);
  EXPECT_EQ(name_of(*query), "www.example");
  EXPECT_EQ(query->family, 2u);
  EXPECT_EQ(query->length, bytes.size());
  const auto other = query_for(kName, 15);
  ASSERT_TRUE(parse_query(other.data(), other.size()));
  EXPECT_EQ(parse_query(other.data(), other.size())->family, 0u);
}

TEST(Dns, RefusesWhatIsNoQuestion) {
  auto bytes = query_for(kName, 1);
  for (u64 length = 0; length < bytes.size(); ++length) EXPECT_FALSE(parse_query(bytes.data(), length)) << length;
  bytes[2] |= 0x80;  // a response
  EXPECT_FALSE(parse_query(bytes.data(), bytes.size()));
  bytes[2] = 1;
  bytes[5] = 2;  // two questions
  EXPECT_FALSE(parse_query(bytes.data(), bytes.size()));
  for (const std::string& name : {std::string("\0", 1), std::string("\xc0\x0c", 2), std::string("\3a.b\0", 5),
                                  std::string("\1\n\0", 3), std::string("\77x\0", 3), std::string("\100x\0", 3)}) {
    const auto bad = query_for(name, 1);
    EXPECT_FALSE(parse_query(bad.data(), bad.size()));
  }
  std::string longest;
  for (int i = 0; i < 5; ++i) longest += std::string(1, 63) + std::string(63, 'x');
  const auto bad = query_for(longest + '\0', 1);
  EXPECT_FALSE(parse_query(bad.data(), bad.size()));
  const auto chaos = query_for(kName, 1, 3);
  EXPECT_FALSE(parse_query(chaos.data(), chaos.size()));
}

TEST(Dns, WritesAnAnswer) {
  const auto bytes = query_for(kName, 1);
  const auto query = parse_query(bytes.data(), bytes.size());
  Reply reply{};
  reply.count = 2;
  reply.addresses[0] = {2, {10, 0, 0, 1}, 0};
  reply.addresses[1] = {2, {10, 0, 0, 2}, 0};
  std::array<u8, kMostReply> to{};
  const u64 length = write_reply(bytes.data(), *query, reply, to.data());
  ASSERT_EQ(length, bytes.size() + 2 * 16);
  const std::vector<u8> head = {0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0};
  EXPECT_EQ(std::vector<u8>(to.begin(), to.begin() + 12), head);
  const std::vector<u8> second = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 10, 0, 0, 2};
  EXPECT_EQ(std::vector<u8>(to.begin() + static_cast<long>(length) - 16, to.begin() + static_cast<long>(length)), second);
  reply = {Status::no_such_name, 0, {}};
  EXPECT_EQ(write_reply(bytes.data(), *query, reply, to.data()), bytes.size());
  EXPECT_EQ(to[3], 0x83);
  EXPECT_EQ(to[7], 0);
}

TEST(Dns, AnAnswerNeverGrowsBeyondItsBuffer) {
  std::string longest;
  for (int i = 0; i < 3; ++i) longest += std::string(1, 63) + std::string(63, 'x');
  longest += std::string(1, 61) + std::string(61, 'y') + '\0';
  const auto bytes = query_for(longest, 28);
  const auto query = parse_query(bytes.data(), bytes.size());
  ASSERT_TRUE(query);
  Reply reply{};
  reply.count = abi::kMostHostAddresses;
  std::array<u8, kMostReply> to{};
  const u64 length = write_reply(bytes.data(), *query, reply, to.data());
  EXPECT_LE(length, kMostReply);
  EXPECT_EQ(to[7], (kMostReply - bytes.size()) / 28);
}

}  // namespace
}  // namespace sgxx::enclave::dns
