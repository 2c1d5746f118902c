// SPDX-License-Identifier: Apache-2.0
//
// Socket options: what is set is read back, some show their effect, and what does not exist is refused.
// sgxx-test: enclave-stdout reuse_address 1
// sgxx-test: enclave-stdout effects
// sgxx-test: enclave-stdout refused

#include <linux/if_packet.h>
#include <poll.h>

#include <cstdio>
#include <thread>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

int get(int socket, int level, int name) {
  int value = -1;
  socklen_t length = sizeof(value);
  CHECK(getsockopt(socket, level, name, &value, &length) == 0 && length <= sizeof(value));
  return value;
}

int set_and_get(int socket, int level, int name, int value) {
  CHECK(setsockopt(socket, level, name, &value, sizeof(value)) == 0);
  return get(socket, level, name);
}

struct Row {
  int level, name, value, expected;
};

void integers(int socket) {
  constexpr Row kRows[] = {
      {SOL_SOCKET, SO_REUSEADDR, 1, 1},          {SOL_SOCKET, SO_REUSEPORT, 1, 1},
      {SOL_SOCKET, SO_KEEPALIVE, 1, 1},          {SOL_SOCKET, SO_OOBINLINE, 1, 1},
      {SOL_SOCKET, SO_SNDBUF, 20000, 40000},     {SOL_SOCKET, SO_RCVBUF, 20000, 40000},
      {SOL_SOCKET, SO_RCVLOWAT, 3, 3},           {SOL_SOCKET, SO_BROADCAST, 1, 1},
      {SOL_SOCKET, SO_DONTROUTE, 0, 0},          {IPPROTO_IP, IP_TTL, 33, 33},
      {IPPROTO_IP, IP_TOS, 0x10, 0x10},          {IPPROTO_IP, IP_RECVERR, 1, 1},
      {IPPROTO_TCP, TCP_NODELAY, 1, 1},          {IPPROTO_TCP, TCP_CORK, 0, 0},
      {IPPROTO_TCP, TCP_KEEPIDLE, 77, 77},       {IPPROTO_TCP, TCP_KEEPINTVL, 7, 7},
      {IPPROTO_TCP, TCP_KEEPCNT, 5, 5},          {IPPROTO_TCP, TCP_SYNCNT, 3, 3},
      {IPPROTO_TCP, TCP_USER_TIMEOUT, 900, 900}, {IPPROTO_TCP, TCP_QUICKACK, 1, 1},
      {IPPROTO_TCP, TCP_NOTSENT_LOWAT, 9, 9},
  };
  for (const Row& row : kRows) CHECK(set_and_get(socket, row.level, row.name, row.value) == row.expected);
  CHECK(get(socket, SOL_SOCKET, SO_TYPE) == SOCK_STREAM && get(socket, SOL_SOCKET, SO_DOMAIN) == AF_INET);
  CHECK(get(socket, SOL_SOCKET, SO_PROTOCOL) == IPPROTO_TCP && get(socket, SOL_SOCKET, SO_ERROR) == 0);
  CHECK(get(socket, SOL_SOCKET, SO_ACCEPTCONN) == 0);
  linger lingering{1, 2}, back{};
  socklen_t length = sizeof(back);
  CHECK(setsockopt(socket, SOL_SOCKET, SO_LINGER, &lingering, sizeof(lingering)) == 0);
  CHECK(getsockopt(socket, SOL_SOCKET, SO_LINGER, &back, &length) == 0 && back.l_onoff == 1 && back.l_linger == 2);
  char byte = 0;
  length = 1;
  CHECK(getsockopt(socket, SOL_SOCKET, SO_TYPE, &byte, &length) == 0 && length == 1 && byte == SOCK_STREAM);
  const char on = 1;
  CHECK(setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on)) == -1 && errno == EINVAL);
  CHECK(setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, nullptr, sizeof(int)) == -1 && errno == EFAULT);
  std::printf("reuse_address %d\n", get(socket, SOL_SOCKET, SO_REUSEADDR));
}

void effects() {
  Connection tcp;
  tcp_info info{};
  socklen_t length = sizeof(info);
  CHECK(getsockopt(tcp.client, IPPROTO_TCP, TCP_INFO, &info, &length) == 0 && length > 0 && info.tcpi_state == TCP_ESTABLISHED);
  char name[16] = {};
  length = sizeof(name);
  CHECK(getsockopt(tcp.client, IPPROTO_TCP, TCP_CONGESTION, name, &length) == 0 && name[0] != 0);
  CHECK(setsockopt(tcp.client, IPPROTO_TCP, TCP_CONGESTION, "unheard-of", 10) == -1 && errno == ENOENT);

  // A low-water mark holds a reader back.
  CHECK(set_and_get(tcp.server, SOL_SOCKET, SO_RCVLOWAT, 4) == 4);
  CHECK(write(tcp.client, "ab", 2) == 2);
  pollfd entry{tcp.server, POLLIN, 0};
  CHECK(poll(&entry, 1, 30) == 0);
  std::thread writer([&tcp] {
    usleep(30000);
    CHECK(write(tcp.client, "cdef", 4) == 4);
  });
  char buffer[8];
  CHECK(read(tcp.server, buffer, sizeof(buffer)) == 6);
  writer.join();

  // A port in use is free for those who share it.
  const int one = socket(AF_INET, SOCK_DGRAM, 0), other = socket(AF_INET, SOCK_DGRAM, 0);
  const int on = 1;
  CHECK(setsockopt(one, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
  sockaddr_in address = loopback();
  CHECK(bind(one, generic(address), sizeof(address)) == 0);
  address = own_name(one);
  CHECK(bind(other, generic(address), sizeof(address)) == -1 && errno == EADDRINUSE);
  CHECK(setsockopt(other, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)) == 0);
  CHECK(bind(other, generic(address), sizeof(address)) == 0);
  close(one);
  close(other);

  // To close with a linger time of zero is to reset.
  Connection reset;
  const linger hard{1, 0};
  CHECK(setsockopt(reset.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
  close(reset.client);
  reset.client = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(read(reset.server, buffer, 1) == -1 && errno == ECONNRESET);
  std::puts("effects");
}

/// Those that would need what an enclave doesn't have.
void refused(int socket) {
  constexpr int kSocketNames[] = {SO_ATTACH_BPF, SO_ATTACH_FILTER, SO_PASSCRED, SO_TIMESTAMPING, SO_ZEROCOPY, SO_BUSY_POLL, 9999};
  char value[16] = {};
  int refusals = 0;
  for (const int name : kSocketNames) {
    if (setsockopt(socket, SOL_SOCKET, name, value, sizeof(value)) == -1 && errno == ENOPROTOOPT) ++refusals;
  }
  CHECK(setsockopt(socket, SOL_SOCKET, 9999, value, sizeof(value)) == -1 && errno == ENOPROTOOPT);
  CHECK(setsockopt(socket, IPPROTO_TCP, 9999, value, sizeof(value)) == -1 && errno == ENOPROTOOPT);
  if (refusals == 7) std::puts("refused");
}

}  // namespace

int main() {
  const int plain = socket(AF_INET, SOCK_STREAM, 0);
  integers(plain);
  close(plain);
  effects();
  const int other = socket(AF_INET, SOCK_STREAM, 0);
  refused(other);
  close(other);
}
