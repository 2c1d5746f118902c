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
inline constexpr u32 reuse_address = 2, type = 3, broadcast = 6, keep_alive = 9, pass_credentials = 16, peer_credentials = 17,
                     receive_low_water = 18, receive_timeout = 20, send_timeout = 21, protocol = 38, domain = 39,
                     receive_timeout_wide = 66, send_timeout_wide = 67, error = 4, accepts_connections = 30;
}

inline constexpr u64 kMostOptionBytes = 256;

/// struct timeval, as SO_RCVTIMEO and SO_SNDTIMEO have it. Here a time limit is ns, -1: none.
struct Timeval {
  i64 seconds, microseconds;
};
Timeval timeval_of(i64 limit);
/// EDOM, EINVAL, EFAULT.
Outcome<i64> load_time_limit(u64 address, u64 size);
constexpr bool is_receive_timeout(u32 name) {
  return name == socket_option::receive_timeout || name == socket_option::receive_timeout_wide;
}
constexpr bool is_send_timeout(u32 name) {
  return name == socket_option::send_timeout || name == socket_option::send_timeout_wide;
}

/// The bytes of a value that the host's socket is asked for or given at most, or ENOPROTOOPT.
enum class OptionUse : u8 { get = 1, set = 2 };
Outcome<u64> host_option_size(u32 level, u32 name, OptionUse use);

}  // namespace sgxx::enclave
