// SPDX-License-Identifier: Apache-2.0
//
// A TCP server and its client, each in a thread: names, both directions, end of stream, accept4's flags.

#include <fcntl.h>
#include <poll.h>

#include <cstdio>
#include <string>
#include <thread>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

void serve(int listening) {
  for (int i = 0; i < 3; ++i) {
    sockaddr_in peer{};
    socklen_t length = sizeof(peer);
    const int connection = accept(listening, generic(peer), &length);
    CHECK(connection >= 0 && length == sizeof(peer) && peer.sin_family == AF_INET);
    CHECK(peer.sin_addr.s_addr == htonl(INADDR_LOOPBACK) && peer.sin_port != 0);
    const std::string request = read_all(connection);
    const std::string reply = "you said " + request;
    write_all(connection, reply.data(), reply.size());
    close(connection);
  }
}

std::string ask(int listening, const std::string& question) {
  const int connection = connect_to(listening);
  sockaddr_in peer{};
  socklen_t length = sizeof(peer);
  CHECK(getpeername(connection, generic(peer), &length) == 0);
  CHECK(peer.sin_port == own_name(listening).sin_port && own_name(connection).sin_port != 0);
  write_all(connection, question.data(), question.size());
  CHECK(shutdown(connection, SHUT_WR) == 0);
  std::string answer = read_all(connection);
  close(connection);
  return answer;
}

}  // namespace

int main() {
  const int listening = listener();
  CHECK(own_name(listening).sin_port != 0);
  std::thread server(serve, listening);
  for (const char* word : {"one", "two", ""}) std::printf("%s\n", ask(listening, word).c_str());
  server.join();

  // Flags of accept4 and of the connection.
  const int client = connect_to(listening);
  const int connection = accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  CHECK(connection >= 0);
  CHECK((fcntl(connection, F_GETFL) & (O_NONBLOCK | O_ACCMODE)) == (O_NONBLOCK | O_RDWR));
  CHECK(fcntl(connection, F_GETFD) == FD_CLOEXEC && (fcntl(client, F_GETFL) & O_NONBLOCK) == 0);
  char byte = 0;
  CHECK(read(connection, &byte, 1) == -1 && errno == EAGAIN);
  CHECK(write(client, "x", 1) == 1);
  pollfd entry{connection, POLLIN | POLLOUT, 0};
  CHECK(poll(&entry, 1, 10000) == 1);
  while (read(connection, &byte, 1) != 1) CHECK(errno == EAGAIN);
  CHECK(byte == 'x');
  CHECK(accept4(listening, nullptr, nullptr, 0x1234) == -1 && errno == EINVAL);
  close(client);
  close(connection);
  close(listening);
  std::puts("done");
}
