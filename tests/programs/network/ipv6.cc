// SPDX-License-Identifier: Apache-2.0
//
// IPv6 on loopback: TCP, UDP, and IPv4 peers that come through a socket of both.

#include <cstdio>
#include <string>

#include "network/sockets.h"

using namespace sgxx_test;

int main() {
  const int probe = socket(AF_INET6, SOCK_STREAM, 0);
  sockaddr_in6 address = loopback6();
  if (probe < 0 || bind(probe, generic(address), sizeof(address)) != 0) {
    std::puts("no IPv6 here");
    return 0;
  }
  CHECK(listen(probe, 4) == 0);
  address = own_name<sockaddr_in6>(probe);
  CHECK(address.sin6_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&address.sin6_addr));
  const int client = socket(AF_INET6, SOCK_STREAM, 0);
  CHECK(connect(client, generic(address), sizeof(address)) == 0);
  sockaddr_in6 peer{};
  socklen_t length = sizeof(peer);
  const int server = accept(probe, generic(peer), &length);
  CHECK(server >= 0 && length == sizeof(peer) && peer.sin6_port == own_name<sockaddr_in6>(client).sin6_port);
  write_all(client, "six", 3);
  close(client);
  std::printf("%s\n", read_all(server).c_str());
  close(server);
  close(probe);

  // An IPv4 client of a socket that takes both.
  const int both = socket(AF_INET6, SOCK_STREAM, 0);
  const int off = 0;
  CHECK(setsockopt(both, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0);
  address = {};
  address.sin6_family = AF_INET6;
  CHECK(bind(both, generic(address), sizeof(address)) == 0 && listen(both, 4) == 0);
  const sockaddr_in to = loopback(ntohs(own_name<sockaddr_in6>(both).sin6_port));
  const int four = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(four, generic(to), sizeof(to)) == 0);
  length = sizeof(peer);
  const int mapped = accept(both, generic(peer), &length);
  char text[INET6_ADDRSTRLEN];
  std::printf("%s\n", inet_ntop(AF_INET6, &peer.sin6_addr, text, sizeof(text)));
  close(four);
  close(mapped);
  close(both);

  const int one = socket(AF_INET6, SOCK_DGRAM, 0), other = socket(AF_INET6, SOCK_DGRAM, 0);
  address = loopback6();
  CHECK(bind(one, generic(address), sizeof(address)) == 0);
  address = own_name<sockaddr_in6>(one);
  CHECK(sendto(other, "datagram", 8, 0, generic(address), sizeof(address)) == 8);
  char buffer[16] = {};
  length = sizeof(peer);
  CHECK(recvfrom(one, buffer, sizeof(buffer), 0, generic(peer), &length) == 8);
  std::printf("%s from ::1: %d\n", buffer, IN6_IS_ADDR_LOOPBACK(&peer.sin6_addr));
  const sockaddr_in wrong = loopback(1);
  CHECK(bind(other, generic(wrong), sizeof(wrong)) == -1 && errno == EINVAL);
  close(one);
  close(other);
}
