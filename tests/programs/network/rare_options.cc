// SPDX-License-Identifier: Apache-2.0
//
// Options that few programs set: what is set is read back, or has an effect that shows. Groups of multicast are joined on
// loopback, and what is sent to one comes to who is in it.

#include <linux/in6.h>
#include <net/if.h>
#include <poll.h>

#include <cstdio>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

template <class Value>
void set(const char* what, int socket, int level, int name, Value value) {
  const int failed = setsockopt(socket, level, name, &value, sizeof(value));
  std::printf("set %s: %s\n", what, failed == 0 ? "done" : strerrorname_np(errno));
}

template <class Value>
void show(const char* what, int socket, int level, int name) {
  Value value{};
  socklen_t length = sizeof(value);
  const int failed = getsockopt(socket, level, name, &value, &length);
  std::printf("%s: %s, %lld, %u bytes\n", what, failed == 0 ? "done" : strerrorname_np(errno), static_cast<long long>(value),
              length);
}

void of_tcp() {
  const int tcp = socket(AF_INET, SOCK_STREAM, 0);
  set("pacing", tcp, SOL_SOCKET, SO_MAX_PACING_RATE, 123456u);
  show<unsigned>("pacing", tcp, SOL_SOCKET, SO_MAX_PACING_RATE);
  show<unsigned long>("pacing, wide", tcp, SOL_SOCKET, SO_MAX_PACING_RATE);
  set("processor", tcp, SOL_SOCKET, SO_INCOMING_CPU, 0);
  show<int>("processor", tcp, SOL_SOCKET, SO_INCOMING_CPU);
  set("least hops", tcp, IPPROTO_IP, IP_MINTTL, 9);
  show<int>("least hops", tcp, IPPROTO_IP, IP_MINTTL);
  set("too many hops", tcp, IPPROTO_IP, IP_MINTTL, 256);
  set("fast open", tcp, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
  show<int>("fast open", tcp, IPPROTO_TCP, TCP_FASTOPEN_CONNECT);
  unsigned long one = 0, other = 0;
  socklen_t length = sizeof(one);
  CHECK(getsockopt(tcp, SOL_SOCKET, SO_COOKIE, &one, &length) == 0 && length == 8);
  CHECK(getsockopt(tcp, SOL_SOCKET, SO_COOKIE, &other, &length) == 0 && one == other);
  set("cookie", tcp, SOL_SOCKET, SO_COOKIE, one);
  char name[IFNAMSIZ] = "lo", back[IFNAMSIZ] = {};
  length = sizeof(back);
  CHECK(setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, name, sizeof(name)) == 0);
  CHECK(getsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, back, &length) == 0);
  std::printf("device %s, %u bytes\n", back, length);
  CHECK(setsockopt(tcp, SOL_SOCKET, SO_BINDTODEVICE, "unheard-of", 11) == -1 && errno == ENODEV);
  close(tcp);
}

/// True when a datagram to the group comes to the socket.
bool comes(int from, int to, const sockaddr* group, socklen_t length) {
  CHECK(sendto(from, "x", 1, 0, group, length) == 1);
  pollfd entry{to, POLLIN, 0};
  char byte = 0;
  return poll(&entry, 1, 50) == 1 && recv(to, &byte, 1, 0) == 1;
}

void groups_of_version_4() {
  const int here = bound(SOCK_DGRAM), there = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in group = loopback();
  CHECK(inet_pton(AF_INET, "239.1.2.3", &group.sin_addr) == 1);
  CHECK(bind(there, generic(group), sizeof(group)) == 0);
  group.sin_port = own_name(there).sin_port;
  const in_addr interface = loopback().sin_addr;
  CHECK(setsockopt(here, IPPROTO_IP, IP_MULTICAST_IF, &interface, sizeof(interface)) == 0);
  set("all groups", there, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  group_req request{};
  request.gr_interface = if_nametoindex("lo");
  std::memcpy(&request.gr_group, &group, sizeof(group));
  set("join", there, IPPROTO_IP, MCAST_JOIN_GROUP, request);
  std::printf("comes: %d\n", comes(here, there, generic(group), sizeof(group)));
  set("join again", there, IPPROTO_IP, MCAST_JOIN_GROUP, request);
  set("leave", there, IPPROTO_IP, MCAST_LEAVE_GROUP, request);
  std::printf("comes: %d\n", comes(here, there, generic(group), sizeof(group)));
  set("leave again", there, IPPROTO_IP, MCAST_LEAVE_GROUP, request);
  const ip_mreq_source source{group.sin_addr, interface, interface};
  set("join of a source", there, IPPROTO_IP, IP_ADD_SOURCE_MEMBERSHIP, source);
  std::printf("comes: %d\n", comes(here, there, generic(group), sizeof(group)));
  set("leave of a source", there, IPPROTO_IP, IP_DROP_SOURCE_MEMBERSHIP, source);
  std::printf("comes: %d\n", comes(here, there, generic(group), sizeof(group)));
  set("interface", here, IPPROTO_IP, IP_UNICAST_IF, htonl(if_nametoindex("lo")));
  show<unsigned>("interface", here, IPPROTO_IP, IP_UNICAST_IF);
  close(here);
  close(there);
}

void of_version_6() {
  const int udp = socket(AF_INET6, SOCK_DGRAM, 0);
  set("all groups", udp, IPPROTO_IPV6, IPV6_MULTICAST_ALL, 0);
  show<int>("all groups", udp, IPPROTO_IPV6, IPV6_MULTICAST_ALL);
  set("flow label", udp, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL, 1);
  show<int>("flow label", udp, IPPROTO_IPV6, IPV6_AUTOFLOWLABEL);
  set("least hops", udp, IPPROTO_IPV6, IPV6_MINHOPCOUNT, 3);
  show<int>("least hops", udp, IPPROTO_IPV6, IPV6_MINHOPCOUNT);
  set("any address", udp, IPPROTO_IPV6, IPV6_FREEBIND, 1);
  show<int>("any address", udp, IPPROTO_IPV6, IPV6_FREEBIND);
  set("fragments", udp, IPPROTO_IPV6, IPV6_DONTFRAG, 1);
  show<int>("fragments", udp, IPPROTO_IPV6, IPV6_DONTFRAG);
  set("interface", udp, IPPROTO_IPV6, IPV6_UNICAST_IF, htonl(if_nametoindex("lo")));
  show<unsigned>("interface", udp, IPPROTO_IPV6, IPV6_UNICAST_IF);
  close(udp);
}

}  // namespace

int main() {
  of_tcp();
  groups_of_version_4();
  of_version_6();
}
