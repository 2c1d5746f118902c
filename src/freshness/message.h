// SPDX-License-Identifier: Apache-2.0
//
// What client and freshness server say to each other over attested TLS: a request, its reply, the next request. Each is the
// length of its body (4 bytes, little-endian) and the body, which begins with the protocol's version. docs/freshness.md has the
// bytes.
#pragma once

#include <sgxx/freshness_client.h>
#include <sgxx/secret.h>

#include "base/bytes.h"

namespace sgxx::freshness {

inline constexpr u8 kProtocol = 1;
/// The longest body that either side reads.
inline constexpr u32 kMostBody = 256;

using Bytes = std::vector<u8>;

enum class Operation : u8 {
  get = 1,
  advance = 2,
  share_key = 3,  ///< the server's own key, for another enclave of the same build
};

struct Request {
  Operation operation = Operation::get;
  FreshnessScope scope = FreshnessScope::product;
  VolumeId volume{};
  std::optional<Anchor> from, to;  ///< advance alone
};

enum class Status : u8 {
  done = 0,
  conflict = 1,          ///< the anchor is another: `current`
  unavailable = 2,       ///< too few members of etcd answer
  went_back = 3,         ///< etcd holds less than this server has seen: somebody has turned it back
  refused = 4,           ///< not for this client
  malformed = 5,         ///< the request makes no sense
  unknown_protocol = 6,  ///< a version that this server does not speak
  full = 7,              ///< more volumes than a server remembers
};
inline constexpr Status kLastStatus = Status::full;

struct Reply {
  Status status = Status::malformed;
  FreshnessServerId server{};
  std::optional<Anchor> current;  ///< after `done` and `conflict`
};

/// Bodies, without the length in front.
Bytes encode(const Request& request);
Bytes encode(const Reply& reply);
/// Nothing for what is not exactly one: another length or version, an operation or scope that does not exist, reserved bytes that
/// are not zero, half an anchor, an advance that does not go forwards.
std::optional<Request> decode_request(ByteView body);
std::optional<Reply> decode_reply(ByteView body);

}  // namespace sgxx::freshness
