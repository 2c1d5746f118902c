// SPDX-License-Identifier: Apache-2.0
//
// The socket options that exist: each is either answered inside or has its real effect on the host's socket. Everything else is
// ENOPROTOOPT; nothing is accepted and ignored.
#pragma once

#include "enclave/errno.h"

namespace sgxx::enclave {

/// SOL_* and IPPROTO_*.
namespace option_level {
inline constexpr u32 ip = 0, socket = 1, tcp = 6, udp = 17, ip6 = 41;
}

/// SO_* that the enclave answers itself.
namespace socket_option {
inline constexpr u32 type = 3, receive_low_water = 18, receive_timeout = 20, send_timeout = 21, protocol = 38, domain = 39,
                     receive_timeout_wide = 66, send_timeout_wide = 67, error = 4, accepts_connections = 30;
}

inline constexpr u64 kMostOptionBytes = 256;

/// The bytes of a value that the host's socket is asked for or given at most, or ENOPROTOOPT.
enum class OptionUse : u8 { get = 1, set = 2 };
Outcome<u64> host_option_size(u32 level, u32 name, OptionUse use);

}  // namespace sgxx::enclave
