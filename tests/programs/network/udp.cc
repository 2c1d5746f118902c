// SPDX-License-Identifier: Apache-2.0
//
// UDP: datagrams keep their boundaries and say where they came from; truncation, peeking, empty datagrams, sendmmsg and recvmmsg,
// connected sockets, a refused one.

#include <poll.h>
#include <sys/uio.h>

#include <cstdio>
#include <string>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

void boundaries(int here, int there) {
  const sockaddr_in to = own_name(there);
  CHECK(sendto(here, "first", 5, 0, generic(to), sizeof(to)) == 5);
  CHECK(sendto(here, "", 0, 0, generic(to), sizeof(to)) == 0);
  CHECK(sendto(here, "a longer one", 12, 0, generic(to), sizeof(to)) == 12);
  CHECK(sendto(here, "last", 4, 0, generic(to), sizeof(to)) == 4);
  char buffer[32] = {};
  sockaddr_in from{};
  socklen_t length = sizeof(from);
  CHECK(recvfrom(there, buffer, sizeof(buffer), MSG_PEEK, nullptr, nullptr) == 5);
  CHECK(recvfrom(there, buffer, sizeof(buffer), 0, generic(from), &length) == 5);
  CHECK(length == sizeof(from) && from.sin_port == own_name(here).sin_port && std::string(buffer) == "first");
  CHECK(recv(there, buffer, sizeof(buffer), 0) == 0);
  iovec part{buffer, 4};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  char control[64];
  header.msg_control = control;
  header.msg_controllen = sizeof(control);
  CHECK(recvmsg(there, &header, MSG_PEEK | MSG_TRUNC) == 12 && (header.msg_flags & MSG_TRUNC) != 0);
  header.msg_controllen = sizeof(control);
  CHECK(recvmsg(there, &header, 0) == 4 && header.msg_flags == MSG_TRUNC && header.msg_controllen == 0);
  CHECK(recv(there, buffer, sizeof(buffer), MSG_WAITALL) == 4);
  CHECK(recv(there, buffer, sizeof(buffer), MSG_DONTWAIT) == -1 && errno == EAGAIN);
  std::puts("boundaries");
}

void many(int here, int there) {
  const sockaddr_in to = own_name(there);
  char text[3][8] = {"one", "two", "three"};
  iovec parts[3][2];
  mmsghdr messages[3] = {};
  for (int i = 0; i < 3; ++i) {
    parts[i][0] = {text[i], 2};
    parts[i][1] = {text[i] + 2, std::strlen(text[i]) - 2};
    messages[i].msg_hdr.msg_name = const_cast<sockaddr_in*>(&to);
    messages[i].msg_hdr.msg_namelen = sizeof(to);
    messages[i].msg_hdr.msg_iov = parts[i];
    messages[i].msg_hdr.msg_iovlen = 2;
  }
  CHECK(sendmmsg(here, messages, 3, 0) == 3);
  for (const mmsghdr& message : messages) std::printf("sent %u\n", message.msg_len);
  char buffers[4][8] = {};
  iovec targets[4];
  mmsghdr received[4] = {};
  sockaddr_in from[4];
  for (int i = 0; i < 4; ++i) {
    targets[i] = {buffers[i], sizeof(buffers[i])};
    received[i].msg_hdr.msg_name = &from[i];
    received[i].msg_hdr.msg_namelen = sizeof(from[i]);
    received[i].msg_hdr.msg_iov = &targets[i];
    received[i].msg_hdr.msg_iovlen = 1;
  }
  CHECK(recvmmsg(there, received, 4, MSG_WAITFORONE, nullptr) == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(from[i].sin_port == own_name(here).sin_port);
    std::printf("received %u: %s\n", received[i].msg_len, buffers[i]);
  }
  CHECK(recvmmsg(there, received, 4, MSG_DONTWAIT, nullptr) == -1 && errno == EAGAIN);
}

void connected(int here, int there) {
  const sockaddr_in to = own_name(there);
  CHECK(send(here, "x", 1, 0) == -1 && errno == EDESTADDRREQ);
  CHECK(connect(here, generic(to), sizeof(to)) == 0);
  CHECK(write(here, "by write", 8) == 8 && write(here, "", 0) == 0);
  char buffer[16];
  CHECK(read(there, buffer, sizeof(buffer)) == 8 && read(there, buffer, sizeof(buffer)) == 0);
  sockaddr nowhere{};
  CHECK(connect(here, &nowhere, sizeof(nowhere)) == 0);  // AF_UNSPEC
  sockaddr_in peer{};
  socklen_t length = sizeof(peer);
  CHECK(getpeername(here, generic(peer), &length) == -1 && errno == ENOTCONN);
  // A port where nobody listens tells so at the next call.
  const int other = bound(SOCK_DGRAM);
  const sockaddr_in gone = own_name(other);
  close(other);
  CHECK(connect(here, generic(gone), sizeof(gone)) == 0);
  CHECK(send(here, "x", 1, 0) == 1);
  pollfd entry{here, POLLIN, 0};
  CHECK(poll(&entry, 1, 10000) == 1 && (entry.revents & POLLERR) != 0);
  CHECK(recv(here, buffer, sizeof(buffer), 0) == -1 && errno == ECONNREFUSED);
  std::puts("connected");
}

void largest(int there) {
  const int here = bound(SOCK_DGRAM);
  const sockaddr_in to = own_name(there);
  std::string bytes(65507, 'b'), back(70000, 0);
  CHECK(sendto(here, bytes.data(), bytes.size(), 0, generic(to), sizeof(to)) == 65507);
  CHECK(recv(there, back.data(), back.size(), 0) == 65507 && back.compare(0, bytes.size(), bytes) == 0);
  CHECK(sendto(here, back.data(), 65508, 0, generic(to), sizeof(to)) == -1 && errno == EMSGSIZE);
  close(here);
  std::puts("largest");
}

}  // namespace

int main() {
  const int here = bound(SOCK_DGRAM), there = bound(SOCK_DGRAM);
  boundaries(here, there);
  many(here, there);
  connected(here, there);
  largest(there);
  CHECK(listen(here, 1) == -1 && errno == EOPNOTSUPP);
  CHECK(accept(here, nullptr, nullptr) == -1 && errno == EOPNOTSUPP);
  close(here);
  close(there);
}
