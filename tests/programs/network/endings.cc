// SPDX-License-Identifier: Apache-2.0
//
// Shutdown and close while others wait, half-closed connections, peers that reset.

#include <poll.h>
#include <sys/epoll.h>

#include <cstdio>
#include <thread>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

void half_closed() {
  Connection tcp;
  CHECK(shutdown(tcp.client, SHUT_WR) == 0);
  char byte = 0;
  CHECK(read(tcp.server, &byte, 1) == 0 && read(tcp.server, &byte, 1) == 0);
  CHECK(write(tcp.server, "still", 5) == 5);
  char buffer[8];
  CHECK(recv(tcp.client, buffer, 5, MSG_WAITALL) == 5);
  pollfd entry{tcp.server, POLLIN | POLLOUT | POLLRDHUP, 0};
  CHECK(poll(&entry, 1, 1000) == 1);
  std::printf("half closed: %#x\n", static_cast<unsigned>(entry.revents));
  CHECK(shutdown(tcp.server, SHUT_RDWR) == 0);
  entry.revents = 0;
  CHECK(poll(&entry, 1, 1000) == 1);
  std::printf("closed: %#x\n", static_cast<unsigned>(entry.revents));
  CHECK(shutdown(tcp.client, 3) == -1 && errno == EINVAL);
}

void wakes_others() {
  Connection tcp;
  std::thread reader([&tcp] {
    char byte = 0;
    CHECK(read(tcp.server, &byte, 1) == 0);
  });
  usleep(30000);
  CHECK(shutdown(tcp.server, SHUT_RD) == 0);
  reader.join();
  const int listening = listener();
  std::thread accepting([listening] { CHECK(accept(listening, nullptr, nullptr) == -1 && errno == EINVAL); });
  usleep(30000);
  CHECK(shutdown(listening, SHUT_RDWR) == 0);
  accepting.join();
  close(listening);
  std::puts("shutdown wakes readers and acceptors");
}

/// A thread that waits in a call goes on with the file when another one closes the descriptor.
void closed_under_a_reader() {
  Connection tcp;
  char byte = 0;
  const int extra = dup(tcp.server);
  std::thread reader([extra, &byte] { CHECK(read(extra, &byte, 1) == 1); });
  usleep(30000);
  close(extra);
  CHECK(write(tcp.client, "r", 1) == 1);
  reader.join();
  CHECK(byte == 'r' && read(extra, &byte, 1) == -1 && errno == EBADF);
  std::puts("close leaves a reader alone");
}

void reset() {
  Connection tcp;
  const linger hard{1, 0};
  CHECK(setsockopt(tcp.client, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLRDHUP;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, tcp.server, &event) == 0);
  std::thread reader([&tcp, epoll] {
    epoll_event got{};
    do {
      CHECK(epoll_wait(epoll, &got, 1, 10000) == 1);
    } while ((got.events & EPOLLERR) == 0);
    std::printf("reset: %#x\n", got.events);
    char byte = 0;
    CHECK(read(tcp.server, &byte, 1) == -1 && errno == ECONNRESET);
    CHECK(read(tcp.server, &byte, 1) == 0);
    CHECK(send(tcp.server, &byte, 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
  });
  usleep(30000);
  close(tcp.client);
  reader.join();
  close(epoll);
  tcp.client = socket(AF_INET, SOCK_STREAM, 0);
}

/// The peer's socket closes with bytes unread: a reset in the middle of a write.
void reset_under_a_writer() {
  Connection tcp;
  std::thread writer([&tcp] {
    char block[4096] = {};
    ssize_t count = 0;
    while ((count = send(tcp.server, block, sizeof(block), MSG_NOSIGNAL)) > 0) {
    }
    CHECK(count == -1 && (errno == ECONNRESET || errno == EPIPE));
  });
  usleep(50000);
  close(tcp.client);
  writer.join();
  tcp.client = socket(AF_INET, SOCK_STREAM, 0);
  std::puts("reset under a writer");
}

}  // namespace

int main() {
  half_closed();
  wakes_others();
  closed_under_a_reader();
  reset();
  reset_under_a_writer();
}
