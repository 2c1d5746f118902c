// SPDX-License-Identifier: Apache-2.0
//
// As much of DNS (RFC 1035) as it takes to answer a C library's question for the addresses of a name. The query is the
// program's, and bounds-checked like anybody's.
#pragma once

#include <optional>

#include "abi/host_call.h"

namespace sgxx::enclave::dns {

struct Query {
  u64 length;  // of the header and the question
  u32 family;  // AF_INET, AF_INET6, or 0: a question for something else
  u64 name_length;
  std::array<char, 256> name;  // dotted, without the last dot
};

enum class Status : u8 { found = 0, server_failure = 2, no_such_name = 3 };

struct Reply {
  Status status;
  u32 count;
  std::array<abi::HostAddress, abi::kMostHostAddresses> addresses;
};

inline constexpr u64 kMostReply = 512;

/// One question of class IN; nothing when it is something else.
std::optional<Query> parse_query(const u8* bytes, u64 length);
/// Writes the answer to the query in `bytes` to `to`, at most kMostReply bytes; how many.
u64 write_reply(const u8* bytes, const Query& query, const Reply& reply, u8* to);

}  // namespace sgxx::enclave::dns
