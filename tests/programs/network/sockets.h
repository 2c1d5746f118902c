// SPDX-License-Identifier: Apache-2.0
//
// What the network programs share: loopback addresses, listeners on a free port, connected pairs of sockets.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "check.h"

namespace sgxx_test {

/// 127.0.0.1:port.
inline sockaddr_in loopback(uint16_t port = 0) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

inline sockaddr_in6 loopback6(uint16_t port = 0) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  address.sin6_port = htons(port);
  return address;
}

template <class Address>
const sockaddr* generic(const Address& address) {
  return reinterpret_cast<const sockaddr*>(&address);
}
template <class Address>
sockaddr* generic(Address& address) {
  return reinterpret_cast<sockaddr*>(&address);
}

/// The address that the system gave to a bound socket.
template <class Address = sockaddr_in>
Address own_name(int socket) {
  Address address{};
  socklen_t length = sizeof(address);
  CHECK(getsockname(socket, generic(address), &length) == 0);
  return address;
}

/// A socket of `type` that is bound to a free port of 127.0.0.1.
inline int bound(int type) {
  const int made = socket(AF_INET, type | SOCK_CLOEXEC, 0);
  CHECK(made >= 0);
  const sockaddr_in address = loopback();
  CHECK(bind(made, generic(address), sizeof(address)) == 0);
  return made;
}

inline int listener(int backlog = 16) {
  const int made = bound(SOCK_STREAM);
  CHECK(listen(made, backlog) == 0);
  return made;
}

inline int connect_to(int listening) {
  const sockaddr_in address = own_name(listening);
  const int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(made >= 0 && connect(made, generic(address), sizeof(address)) == 0);
  return made;
}

/// The two ends of a TCP connection.
struct Connection {
  int client, server;
  Connection() {
    const int listening = listener();
    client = connect_to(listening);
    server = accept(listening, nullptr, nullptr);
    CHECK(server >= 0);
    close(listening);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    close(client);
    close(server);
  }
};

inline void write_all(int socket, const void* from, size_t length) {
  for (size_t done = 0; done < length;) {
    const ssize_t count = write(socket, static_cast<const char*>(from) + done, length - done);
    CHECK(count > 0);
    done += static_cast<size_t>(count);
  }
}

/// Reads until the end of the stream.
inline std::string read_all(int socket) {
  std::string all;
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(socket, buffer, sizeof(buffer));
    CHECK(count >= 0);
    if (count == 0) return all;
    all.append(buffer, static_cast<size_t>(count));
  }
}

}  // namespace sgxx_test
