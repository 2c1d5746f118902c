// SPDX-License-Identifier: Apache-2.0
//
// A server with one epoll, level- and edge-triggered, and forty clients in four threads that each talk and leave.

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <atomic>
#include <cstdio>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

constexpr int kThreads = 4, kClients = 10, kRounds = 5;

/// Echoes lines until a client leaves.
class Server {
 public:
  explicit Server(uint32_t trigger)
      : listening_(listener(64)), stop_(eventfd(0, EFD_CLOEXEC)), epoll_(epoll_create1(0)), trigger_(trigger) {
    CHECK(fcntl(listening_, F_SETFL, O_NONBLOCK) == 0);
    watch(listening_, EPOLLIN | trigger_);
    watch(stop_, EPOLLIN);
  }
  int listening() const { return listening_; }
  void stop() { CHECK(eventfd_write(stop_, 1) == 0); }

  void run() {
    for (;;) {
      epoll_event events[8];
      const int count = epoll_wait(epoll_, events, 8, -1);
      CHECK(count > 0);
      for (int i = 0; i < count; ++i) {
        const int file = events[i].data.fd;
        if (file == stop_) return finish();
        file == listening_ ? take() : answer(file);
      }
    }
  }
  long bytes = 0;
  int left = 0;

 private:
  void watch(int file, uint32_t conditions) {
    epoll_event event{};
    event.events = conditions;
    event.data.fd = file;
    CHECK(epoll_ctl(epoll_, EPOLL_CTL_ADD, file, &event) == 0);
  }
  void take() {
    for (;;) {
      const int connection = accept4(listening_, nullptr, nullptr, SOCK_NONBLOCK);
      if (connection < 0) {
        CHECK(errno == EAGAIN);
        return;
      }
      watch(connection, EPOLLIN | EPOLLRDHUP | trigger_);
    }
  }
  void answer(int connection) {
    char buffer[7];
    for (;;) {
      const ssize_t count = read(connection, buffer, sizeof(buffer));
      if (count < 0) {
        CHECK(errno == EAGAIN);
        return;
      }
      if (count == 0) {
        ++left;
        close(connection);
        return;
      }
      bytes += count;
      write_all(connection, buffer, static_cast<size_t>(count));
    }
  }
  void finish() {
    close(listening_);
    close(stop_);
    close(epoll_);
  }
  int listening_, stop_, epoll_;
  uint32_t trigger_;
};

void talk(int listening) {
  std::vector<int> connections;
  for (int i = 0; i < kClients; ++i) connections.push_back(connect_to(listening));
  for (int round = 0; round < kRounds; ++round) {
    for (const int connection : connections) {
      const std::string line = "line " + std::to_string(round) + " of " + std::to_string(connection % 10);
      write_all(connection, line.data(), line.size());
      std::string back(line.size(), 0);
      CHECK(recv(connection, back.data(), back.size(), MSG_WAITALL) == static_cast<ssize_t>(line.size()) && back == line);
    }
  }
  for (const int connection : connections) {
    CHECK(shutdown(connection, SHUT_WR) == 0);
    CHECK(read_all(connection).empty());
    close(connection);
  }
}

}  // namespace

int main() {
  for (const uint32_t trigger : {0u, static_cast<uint32_t>(EPOLLET)}) {
    Server server(trigger);
    std::thread serving([&server] { server.run(); });
    std::vector<std::thread> clients;
    for (int i = 0; i < kThreads; ++i) clients.emplace_back(talk, server.listening());
    for (std::thread& client : clients) client.join();
    server.stop();
    serving.join();
    std::printf("%ld bytes, %d left\n", server.bytes, server.left);
  }
}
