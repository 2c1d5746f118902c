// SPDX-License-Identifier: Apache-2.0
//
// Socket addresses. One from the program goes to the host as it is, its length checked; one from the host is checked to be what
// its family says before anybody sees it. It names nobody: whom the host connects to is the host's choice.
#pragma once

#include "abi/host_call.h"
#include "enclave/errno.h"

namespace sgxx::enclave {

/// AF_* of Linux.
namespace family {
inline constexpr u32 none = 0, local = 1, ip4 = 2, ip6 = 10, netlink = 16, packet = 17;
}

struct SocketAddress {
  u32 length = 0;  // 0: none
  std::array<u8, sizeof(abi::SocketMessage::address)> bytes{};

  u32 family() const { return length < 2 ? family::none : static_cast<u32>(bytes[0] | bytes[1] << 8); }
  /// Whether a host may say that this is an address of a socket of `domain`.
  bool is_right_for(u32 domain) const;
};

/// The address that a program gave: EINVAL, EFAULT. None for a null pointer.
Outcome<SocketAddress> load_address(u64 address, u64 length);
/// Writes an address to a program's buffer, cut to its length at `length_address`, where the whole length is written. A null
/// pointer is not written to.
Outcome<> store_address(const SocketAddress& from, u64 address, u64 length_address);

}  // namespace sgxx::enclave
