// SPDX-License-Identifier: Apache-2.0
//
// SO_RCVTIMEO and SO_SNDTIMEO end blocking calls, not before their time.

#include <time.h>

#include <cstdio>
#include <string>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

constexpr long kMilliseconds = 60;

double now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

template <class Call>
void expect_timeout(const char* what, Call call) {
  const double begin = now();
  const long result = call();
  const int error = errno;
  CHECK(result == -1);
  CHECK(now() - begin >= kMilliseconds - 0.001);
  std::printf("%s: %s\n", what, error == EAGAIN ? "EAGAIN" : "something else");
}

void limit(int socket, int option) {
  const timeval time{0, kMilliseconds * 1000};
  CHECK(setsockopt(socket, SOL_SOCKET, option, &time, sizeof(time)) == 0);
  timeval back{};
  socklen_t length = sizeof(back);
  CHECK(getsockopt(socket, SOL_SOCKET, option, &back, &length) == 0 && length == sizeof(back));
  // The kernel counts in ticks.
  CHECK(back.tv_sec == 0 && back.tv_usec >= time.tv_usec && back.tv_usec < time.tv_usec + 10000);
}

}  // namespace

int main() {
  Connection tcp;
  char byte = 0;
  limit(tcp.server, SO_RCVTIMEO);
  expect_timeout("recv", [&] { return recv(tcp.server, &byte, 1, 0); });
  expect_timeout("read", [&] { return read(tcp.server, &byte, 1); });
  CHECK(write(tcp.client, "ab", 2) == 2);
  char four[4];
  CHECK(recv(tcp.server, four, sizeof(four), MSG_WAITALL) == 2);
  const int listening = listener();
  limit(listening, SO_RCVTIMEO);
  expect_timeout("accept", [&] { return accept(listening, nullptr, nullptr); });
  const int datagrams = bound(SOCK_DGRAM);
  limit(datagrams, SO_RCVTIMEO);
  expect_timeout("recvfrom", [&] { return recvfrom(datagrams, &byte, 1, 0, nullptr, nullptr); });

  limit(tcp.client, SO_SNDTIMEO);
  const std::string much(1 << 20, 's');
  ssize_t sent = 0;
  while ((sent = send(tcp.client, much.data(), much.size(), 0)) > 0) {
  }
  CHECK(sent == -1 && errno == EAGAIN);
  expect_timeout("send", [&] { return send(tcp.client, much.data(), much.size(), 0); });

  timeval bad{0, 1'000'000};
  CHECK(setsockopt(datagrams, SOL_SOCKET, SO_RCVTIMEO, &bad, sizeof(bad)) == -1 && errno == EDOM);
  CHECK(setsockopt(datagrams, SOL_SOCKET, SO_RCVTIMEO, &bad, 4) == -1 && errno == EINVAL);
  const timeval none{};
  CHECK(setsockopt(tcp.server, SOL_SOCKET, SO_RCVTIMEO, &none, sizeof(none)) == 0);
  CHECK(recv(tcp.server, &byte, 1, 0) == 1);
  close(listening);
  close(datagrams);
}
