// SPDX-License-Identifier: Apache-2.0
//
// Signals and blocked calls on sockets: EINTR without SA_RESTART, a call that goes on with it, EINTR in any case where the call
// has a time limit. What moved before the signal counts.

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <time.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

std::atomic<int> handled{0};

void on_signal(int) { handled.fetch_add(1); }

void handle(int flags) {
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = flags;
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
}

/// Calls `call` and sends this thread a signal until it has returned.
template <class Call>
long interrupted(Call call) {
  const pthread_t here = pthread_self();
  std::atomic<bool> done{false};
  std::thread sender([&] {
    while (!done.load()) {
      usleep(20000);
      if (!done.load()) pthread_kill(here, SIGUSR1);
    }
  });
  const long result = call();
  const int error = errno;
  done.store(true);
  sender.join();
  errno = error;
  return result;
}

}  // namespace

int main() {
  Connection tcp;
  const int listening = listener(), datagrams = bound(SOCK_DGRAM);
  char buffer[8];
  handle(0);
  CHECK(interrupted([&] { return recv(tcp.server, buffer, 1, 0); }) == -1 && errno == EINTR);
  CHECK(interrupted([&] { return read(tcp.server, buffer, 1); }) == -1 && errno == EINTR);
  CHECK(interrupted([&] { return accept(listening, nullptr, nullptr); }) == -1 && errno == EINTR);
  CHECK(interrupted([&] { return recvfrom(datagrams, buffer, 1, 0, nullptr, nullptr); }) == -1 && errno == EINTR);
  pollfd entry{datagrams, POLLIN, 0};
  CHECK(interrupted([&] { return poll(&entry, 1, -1); }) == -1 && errno == EINTR);
  std::puts("without SA_RESTART");

  CHECK(write(tcp.client, "abc", 3) == 3);
  CHECK(interrupted([&] { return recv(tcp.server, buffer, 8, MSG_WAITALL); }) == 3);
  const std::string much(16 << 20, 'm');
  const long sent = interrupted([&] { return write(tcp.client, much.data(), much.size()); });
  CHECK(sent > 0 && sent < static_cast<long>(much.size()));
  std::puts("what moved counts");

  handle(SA_RESTART);
  handled.store(0);
  std::thread later([&] {
    while (handled.load() < 3) usleep(10000);
    const sockaddr_in to = own_name(datagrams);
    const int other = bound(SOCK_DGRAM);
    CHECK(sendto(other, "end", 3, 0, generic(to), sizeof(to)) == 3);
    close(other);
  });
  CHECK(interrupted([&] { return recvfrom(datagrams, buffer, 8, 0, nullptr, nullptr); }) == 3);
  later.join();
  CHECK(handled.load() >= 3);
  std::puts("with SA_RESTART it goes on");

  const timeval limit{5, 0};
  CHECK(setsockopt(datagrams, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
  CHECK(interrupted([&] { return recv(datagrams, buffer, 8, 0); }) == -1 && errno == EINTR);
  std::puts("with a time limit it does not");

  // SIGPIPE where Linux sends it.
  struct sigaction action {};
  action.sa_handler = on_signal;
  CHECK(sigaction(SIGPIPE, &action, nullptr) == 0);
  handled.store(0);
  CHECK(shutdown(tcp.server, SHUT_WR) == 0);
  CHECK(write(tcp.server, "x", 1) == -1 && errno == EPIPE && handled.load() == 1);
  CHECK(send(tcp.server, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE && handled.load() == 1);
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  close(pair[0]);
  CHECK(send(pair[1], "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE && handled.load() == 1);
  CHECK(send(pair[1], "x", 1, 0) == -1 && errno == EPIPE && handled.load() == 2);
  std::puts("SIGPIPE");
}
