// SPDX-License-Identifier: Apache-2.0
//
// Sockets on loopback for the network benchmarks. Both ends are in the same program: inside, both pay for the boundary.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "measure.h"

namespace bench {

inline void require(bool holds) {
  if (!holds) std::perror("network"), std::exit(3);
}

inline int bound(int type) {
  const int made = socket(AF_INET, type, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  require(made >= 0 && bind(made, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  return made;
}

inline void connect_to(int made, int other) {
  sockaddr_in address{};
  socklen_t length = sizeof(address);
  require(getsockname(other, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  require(connect(made, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
}

/// The two ends of a connection of TCP, or two UDP sockets that are connected to each other.
struct Pair {
  int one, other;
  explicit Pair(int type) {
    const int listening = bound(type);
    if (type == SOCK_STREAM) {
      require(listen(listening, 1) == 0);
      one = socket(AF_INET, type, 0);
      connect_to(one, listening);
      other = accept(listening, nullptr, nullptr);
      close(listening);
      const int on = 1;
      setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
      setsockopt(other, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    } else {
      other = listening;
      one = bound(type);
      connect_to(one, other);
      connect_to(other, one);
    }
  }
};

}  // namespace bench
