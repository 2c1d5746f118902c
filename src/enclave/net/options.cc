// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/options.h"

#include "enclave/program_memory.h"

namespace sgxx::enclave {
namespace {

constexpr u8 kGet = static_cast<u8>(OptionUse::get), kSet = static_cast<u8>(OptionUse::set), kBoth = kGet | kSet;

struct Row {
  u8 level;
  u8 name;
  u8 uses;
  u16 size;  // bytes
};

constexpr u16 kInteger = 4;

// clang-format off
constexpr Row kRows[] = {
  {option_level::socket, 2, kBoth, kInteger},    // SO_REUSEADDR
  {option_level::socket, 4, kGet, kInteger},     // SO_ERROR
  {option_level::socket, 5, kBoth, kInteger},    // SO_DONTROUTE
  {option_level::socket, 6, kBoth, kInteger},    // SO_BROADCAST
  {option_level::socket, 7, kBoth, kInteger},    // SO_SNDBUF
  {option_level::socket, 8, kBoth, kInteger},    // SO_RCVBUF
  {option_level::socket, 9, kBoth, kInteger},    // SO_KEEPALIVE
  {option_level::socket, 10, kBoth, kInteger},   // SO_OOBINLINE
  {option_level::socket, 12, kBoth, kInteger},   // SO_PRIORITY
  {option_level::socket, 13, kBoth, 8},          // SO_LINGER
  {option_level::socket, 15, kBoth, kInteger},   // SO_REUSEPORT
  {option_level::socket, 18, kBoth, kInteger},   // SO_RCVLOWAT
  {option_level::socket, 19, kGet, kInteger},    // SO_SNDLOWAT
  {option_level::socket, 25, kBoth, 16},         // SO_BINDTODEVICE
  {option_level::socket, 29, kBoth, kInteger},   // SO_TIMESTAMP
  {option_level::socket, 30, kGet, kInteger},    // SO_ACCEPTCONN
  {option_level::socket, 35, kBoth, kInteger},   // SO_TIMESTAMPNS
  {option_level::socket, 47, kBoth, 8},          // SO_MAX_PACING_RATE
  {option_level::socket, 49, kBoth, kInteger},   // SO_INCOMING_CPU
  {option_level::socket, 57, kGet, 8},           // SO_COOKIE
  {option_level::ip, 1, kBoth, kInteger},        // IP_TOS
  {option_level::ip, 2, kBoth, kInteger},        // IP_TTL
  {option_level::ip, 8, kBoth, kInteger},        // IP_PKTINFO
  {option_level::ip, 10, kBoth, kInteger},       // IP_MTU_DISCOVER
  {option_level::ip, 11, kBoth, kInteger},       // IP_RECVERR
  {option_level::ip, 12, kBoth, kInteger},       // IP_RECVTTL
  {option_level::ip, 13, kBoth, kInteger},       // IP_RECVTOS
  {option_level::ip, 14, kGet, kInteger},        // IP_MTU
  {option_level::ip, 15, kBoth, kInteger},       // IP_FREEBIND
  {option_level::ip, 21, kBoth, kInteger},       // IP_MINTTL
  {option_level::ip, 24, kBoth, kInteger},       // IP_BIND_ADDRESS_NO_PORT
  {option_level::ip, 32, kBoth, 12},             // IP_MULTICAST_IF
  {option_level::ip, 33, kBoth, kInteger},       // IP_MULTICAST_TTL
  {option_level::ip, 34, kBoth, kInteger},       // IP_MULTICAST_LOOP
  {option_level::ip, 35, kSet, 12},              // IP_ADD_MEMBERSHIP
  {option_level::ip, 36, kSet, 12},              // IP_DROP_MEMBERSHIP
  {option_level::ip, 37, kSet, 12},              // IP_UNBLOCK_SOURCE
  {option_level::ip, 38, kSet, 12},              // IP_BLOCK_SOURCE
  {option_level::ip, 39, kSet, 12},              // IP_ADD_SOURCE_MEMBERSHIP
  {option_level::ip, 40, kSet, 12},              // IP_DROP_SOURCE_MEMBERSHIP
  {option_level::ip, 42, kSet, 136},             // MCAST_JOIN_GROUP
  {option_level::ip, 45, kSet, 136},             // MCAST_LEAVE_GROUP
  {option_level::ip, 49, kBoth, kInteger},       // IP_MULTICAST_ALL
  {option_level::ip, 50, kBoth, kInteger},       // IP_UNICAST_IF
  {option_level::tcp, 1, kBoth, kInteger},       // TCP_NODELAY
  {option_level::tcp, 2, kBoth, kInteger},       // TCP_MAXSEG
  {option_level::tcp, 3, kBoth, kInteger},       // TCP_CORK
  {option_level::tcp, 4, kBoth, kInteger},       // TCP_KEEPIDLE
  {option_level::tcp, 5, kBoth, kInteger},       // TCP_KEEPINTVL
  {option_level::tcp, 6, kBoth, kInteger},       // TCP_KEEPCNT
  {option_level::tcp, 7, kBoth, kInteger},       // TCP_SYNCNT
  {option_level::tcp, 8, kBoth, kInteger},       // TCP_LINGER2
  {option_level::tcp, 9, kBoth, kInteger},       // TCP_DEFER_ACCEPT
  {option_level::tcp, 10, kBoth, kInteger},      // TCP_WINDOW_CLAMP
  {option_level::tcp, 11, kGet, 256},            // TCP_INFO
  {option_level::tcp, 12, kBoth, kInteger},      // TCP_QUICKACK
  {option_level::tcp, 13, kBoth, 16},            // TCP_CONGESTION
  {option_level::tcp, 18, kBoth, kInteger},      // TCP_USER_TIMEOUT
  {option_level::tcp, 23, kBoth, kInteger},      // TCP_FASTOPEN
  {option_level::tcp, 25, kBoth, kInteger},      // TCP_NOTSENT_LOWAT
  {option_level::tcp, 30, kBoth, kInteger},      // TCP_FASTOPEN_CONNECT
  {option_level::udp, 1, kBoth, kInteger},       // UDP_CORK
  {option_level::udp, 103, kBoth, kInteger},     // UDP_SEGMENT
  {option_level::udp, 104, kBoth, kInteger},     // UDP_GRO
  {option_level::ip6, 16, kBoth, kInteger},      // IPV6_UNICAST_HOPS
  {option_level::ip6, 17, kBoth, kInteger},      // IPV6_MULTICAST_IF
  {option_level::ip6, 18, kBoth, kInteger},      // IPV6_MULTICAST_HOPS
  {option_level::ip6, 19, kBoth, kInteger},      // IPV6_MULTICAST_LOOP
  {option_level::ip6, 20, kSet, 20},             // IPV6_ADD_MEMBERSHIP
  {option_level::ip6, 21, kSet, 20},             // IPV6_DROP_MEMBERSHIP
  {option_level::ip6, 23, kBoth, kInteger},      // IPV6_MTU_DISCOVER
  {option_level::ip6, 24, kGet, kInteger},       // IPV6_MTU
  {option_level::ip6, 25, kBoth, kInteger},      // IPV6_RECVERR
  {option_level::ip6, 26, kBoth, kInteger},      // IPV6_V6ONLY
  {option_level::ip6, 29, kBoth, kInteger},      // IPV6_MULTICAST_ALL
  {option_level::ip6, 42, kSet, 136},            // MCAST_JOIN_GROUP
  {option_level::ip6, 45, kSet, 136},            // MCAST_LEAVE_GROUP
  {option_level::ip6, 49, kBoth, kInteger},      // IPV6_RECVPKTINFO
  {option_level::ip6, 51, kBoth, kInteger},      // IPV6_RECVHOPLIMIT
  {option_level::ip6, 62, kBoth, kInteger},      // IPV6_DONTFRAG
  {option_level::ip6, 66, kBoth, kInteger},      // IPV6_RECVTCLASS
  {option_level::ip6, 67, kBoth, kInteger},      // IPV6_TCLASS
  {option_level::ip6, 70, kBoth, kInteger},      // IPV6_AUTOFLOWLABEL
  {option_level::ip6, 73, kBoth, kInteger},      // IPV6_MINHOPCOUNT
  {option_level::ip6, 76, kBoth, kInteger},      // IPV6_UNICAST_IF
  {option_level::ip6, 78, kBoth, kInteger},      // IPV6_FREEBIND
};
// clang-format on

constexpr i64 kMicrosecondsPerSecond = 1'000'000, kNanosecondsPerMicrosecond = 1000;

}  // namespace

Timeval timeval_of(i64 limit) {
  const i64 microseconds = limit < 0 ? 0 : limit / kNanosecondsPerMicrosecond;
  return {microseconds / kMicrosecondsPerSecond, microseconds % kMicrosecondsPerSecond};
}

Outcome<i64> load_time_limit(u64 address, u64 size) {
  constexpr i64 kMostSeconds = 1'000'000'000;
  if (size < sizeof(Timeval)) return fail(Errno::inval);
  const Timeval time = TRY(load<Timeval>(address));
  if (time.microseconds < 0 || time.microseconds >= kMicrosecondsPerSecond) return fail(Errno::dom);
  const i64 seconds = time.seconds < kMostSeconds ? time.seconds : kMostSeconds;
  const i64 nanoseconds = (seconds * kMicrosecondsPerSecond + time.microseconds) * kNanosecondsPerMicrosecond;
  // A negative time has passed already; zero is none.
  if (time.seconds < 0) return i64{0};
  return nanoseconds == 0 ? i64{-1} : nanoseconds;
}

Outcome<u64> host_option_size(u32 level, u32 name, OptionUse use) {
  for (const Row& row : kRows) {
    if (row.level == level && row.name == name && (row.uses & static_cast<u8>(use)) != 0) return u64{row.size};
  }
  return fail(Errno::noprotoopt);
}

}  // namespace sgxx::enclave
