// SPDX-License-Identifier: Apache-2.0
//
// An HTTP server with one epoll, and one thread that keeps eight connections busy; one operation is a request and its answer.

#include <sys/epoll.h>

#include <array>
#include <string>
#include <thread>

#include "network/loopback.h"

namespace {

constexpr int kConnections = 8;
const std::string request = "GET / HTTP/1.1\r\nHost: localhost\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";
const std::string answer = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 1024\r\n\r\n" + std::string(1024, 'p');

/// Waits for `sockets` by one epoll and calls `serve(socket)` for one that is readable until it says that all is done.
template <class Serve>
void each_readable(const std::array<int, kConnections>& sockets, Serve serve) {
  const int epoll = epoll_create1(0);
  for (const int socket : sockets) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = socket;
    bench::require(epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0);
  }
  for (bool more = true; more;) {
    epoll_event events[kConnections];
    const int count = epoll_wait(epoll, events, kConnections, -1);
    for (int i = 0; i < count && more; ++i) more = serve(events[i].data.fd);
  }
  close(epoll);
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  std::array<int, kConnections> clients, servers;
  for (int i = 0; i < kConnections; ++i) {
    const bench::Pair pair(SOCK_STREAM);
    clients[static_cast<size_t>(i)] = pair.one;
    servers[static_cast<size_t>(i)] = pair.other;
  }
  long answered = 0;
  bench::measure(rounds, [&] {
    std::thread server([&] {
      int open = kConnections;
      each_readable(servers, [&](int socket) {
        char buffer[4096];
        const ssize_t length = read(socket, buffer, sizeof(buffer));
        if (length > 0) bench::require(write(socket, answer.data(), answer.size()) == static_cast<ssize_t>(answer.size()));
        if (length == 0) close(socket);
        return length != 0 || --open != 0;
      });
    });
    int asked = 0;
    const auto ask = [&](int socket) {
      ++asked;
      bench::require(write(socket, request.data(), request.size()) == static_cast<ssize_t>(request.size()));
    };
    for (const int socket : clients) ask(socket);
    std::array<size_t, 1024> got{};
    each_readable(clients, [&](int socket) {
      char buffer[4096];
      const ssize_t length = read(socket, buffer, sizeof(buffer));
      bench::require(length > 0);
      size_t& so_far = got[static_cast<size_t>(socket)];
      so_far += static_cast<size_t>(length);
      if (so_far < answer.size()) return true;
      so_far = 0;
      ++answered;
      if (asked < rounds) ask(socket);
      return answered < asked;
    });
    for (const int socket : clients) close(socket);
    server.join();
  });
  std::printf("%ld\n", answered);
}
