// SPDX-License-Identifier: Apache-2.0
//
// What is said of a message to or from an IP socket besides its bytes: what sendmsg and recvmsg of Linux have control messages
// for. It crosses in this form, not as Linux writes it, so that nobody has to take apart what the other side wrote.
#pragma once

#include "abi/host_call.h"

namespace sgxx::abi {

/// Bits of SocketControl::present.
namespace control_kind {
inline constexpr u32 arrival = 1;                  // SO_TIMESTAMP, SO_TIMESTAMPNS: `arrived`
inline constexpr u32 packet = 2;                   // IP_PKTINFO: `interface`, `own_address`, `packet_address`
inline constexpr u32 packet6 = 4;                  // IPV6_PKTINFO: `interface6`, `packet_address6`
inline constexpr u32 hops = 8, hops6 = 16;         // IP_TTL, IPV6_HOPLIMIT: `hops`
inline constexpr u32 service = 32, service6 = 64;  // IP_TOS, IPV6_TCLASS: `service`
inline constexpr u32 segment = 128;                // UDP_SEGMENT, UDP_GRO: `segment`
inline constexpr u32 error = 256, error6 = 512;    // IP_RECVERR, IPV6_RECVERR: `error`
}  // namespace control_kind

/// struct sock_extended_err and the address behind it.
struct QueuedError {
  u32 number;  // errno
  u8 origin, type, code, reserved;
  u32 information, data;
  u32 family, scope;           // of the offender: AF_INET, AF_INET6, or 0 when it is not known
  std::array<u8, 16> address;  // in network order; the first four of AF_INET
};

/// At the end of `data`.
struct SocketControl {
  u32 present;
  u32 segment;  // bytes of each datagram in the message, at most 65535
  u64 arrived;  // ns of CLOCK_REALTIME
  i32 hops;     // 0 to 255; -1 in what is sent: what the socket has
  i32 service;  // the same
  u32 interface, interface6;
  std::array<u8, 4> own_address, packet_address;
  std::array<u8, 16> packet_address6;
  QueuedError error;
};
static_assert(Crossable<SocketControl> && sizeof(SocketControl) == 96);

inline constexpr u64 kControlOffset = kHostDataSize - sizeof(SocketControl);
/// The bytes that a message with one may have.
inline constexpr u64 kMostControlledBytes = kMostMessageBytes - sizeof(SocketControl);

/// Of arg4 of `send`.
inline constexpr u64 kSendAddressed = 1, kSendControlled = 2;

}  // namespace sgxx::abi
