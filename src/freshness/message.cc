// SPDX-License-Identifier: Apache-2.0
#include "freshness/message.h"

#include <algorithm>

namespace sgxx::freshness {
namespace {

/// Absent: all zero.
struct WireAnchor {
  u64 generation;
  std::array<u8, 16> state;
};

struct WireRequest {
  u8 protocol, operation, scope, reserved1;
  u32 reserved2;
  std::array<u8, 16> volume;
  WireAnchor from, to;
};
static_assert(Crossable<WireRequest> && sizeof(WireRequest) == 72 && offsetof(WireRequest, volume) == 8 &&
              offsetof(WireRequest, from) == 24 && offsetof(WireRequest, to) == 48);

struct WireReply {
  u8 protocol, status;
  std::array<u8, 6> reserved;
  std::array<u8, 16> server;
  WireAnchor current;
};
static_assert(Crossable<WireReply> && sizeof(WireReply) == 48 && offsetof(WireReply, server) == 8 &&
              offsetof(WireReply, current) == 24);
static_assert(sizeof(WireRequest) <= kMostBody && sizeof(WireReply) <= kMostBody);

WireAnchor wire_of(const std::optional<Anchor>& anchor) {
  return anchor ? WireAnchor{anchor->generation, anchor->state.bytes} : WireAnchor{};
}

/// False for half an anchor.
bool read_anchor(const WireAnchor& wire, std::optional<Anchor>& anchor) {
  const StateId state{wire.state};
  if ((wire.generation == 0) != state.is_zero()) return false;
  if (wire.generation != 0) anchor = Anchor{wire.generation, state};
  return true;
}

template <class Wire>
Bytes bytes_of(const Wire& wire) {
  const ByteView bytes = as_bytes_of(wire);
  return {bytes.begin(), bytes.end()};
}

/// Whole, and of this version.
template <class Wire>
std::optional<Wire> whole(ByteView body) {
  const auto wire = body.size() == sizeof(Wire) ? read_at<Wire>(body, 0) : std::nullopt;
  if (!wire || wire->protocol != kProtocol) return std::nullopt;
  return wire;
}

}  // namespace

Bytes encode(const Request& request) {
  return bytes_of(WireRequest{kProtocol, static_cast<u8>(request.operation), static_cast<u8>(request.scope), 0, 0,
                              request.volume.bytes, wire_of(request.from), wire_of(request.to)});
}

Bytes encode(const Reply& reply) {
  return bytes_of(WireReply{kProtocol, static_cast<u8>(reply.status), {}, reply.server.bytes, wire_of(reply.current)});
}

std::optional<Request> decode_request(ByteView body) {
  const auto wire = whole<WireRequest>(body);
  if (!wire || wire->reserved1 != 0 || wire->reserved2 != 0) return std::nullopt;
  if (wire->operation < static_cast<u8>(Operation::get) || wire->operation > static_cast<u8>(Operation::share_key))
    return std::nullopt;
  if (wire->scope < static_cast<u8>(FreshnessScope::product) || wire->scope > static_cast<u8>(FreshnessScope::build))
    return std::nullopt;
  Request request{static_cast<Operation>(wire->operation), static_cast<FreshnessScope>(wire->scope), {wire->volume}, {}, {}};
  if (!read_anchor(wire->from, request.from) || !read_anchor(wire->to, request.to)) return std::nullopt;
  const bool advances = request.operation == Operation::advance;
  if (advances != request.to.has_value() || (request.from && !advances)) return std::nullopt;
  if (request.from && request.to && request.from->generation >= request.to->generation) return std::nullopt;
  return request;
}

std::optional<Reply> decode_reply(ByteView body) {
  const auto wire = whole<WireReply>(body);
  if (!wire || wire->status > static_cast<u8>(kLastStatus)) return std::nullopt;
  if (std::ranges::any_of(wire->reserved, [](u8 byte) { return byte != 0; })) return std::nullopt;
  Reply reply{static_cast<Status>(wire->status), {wire->server}, {}};
  if (!read_anchor(wire->current, reply.current)) return std::nullopt;
  return reply;
}

}  // namespace sgxx::freshness
