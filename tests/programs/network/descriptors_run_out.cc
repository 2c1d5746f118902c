// SPDX-License-Identifier: Apache-2.0
//
// When no descriptor is free: EMFILE from socket and accept, nothing is lost, and all is well once some are free again.
// Then ten thousand connections, or as many as the argument says, that are opened and closed one after the other.

#include <sys/resource.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "network/sockets.h"

using namespace sgxx_test;

int main(int count, char** arguments) {
  const int listening = listener(128);
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  limit.rlim_cur = 40;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  std::vector<int> sockets;
  int made = 0;
  while ((made = socket(AF_INET, SOCK_STREAM, 0)) >= 0) sockets.push_back(made);
  CHECK(errno == EMFILE && sockets.back() == 39);
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1 && errno == EMFILE);
  const sockaddr_in address = own_name(listening);
  CHECK(connect(sockets[0], generic(address), sizeof(address)) == 0);
  CHECK(accept(listening, nullptr, nullptr) == -1 && errno == EMFILE);
  close(sockets.back());
  sockets.back() = accept(listening, nullptr, nullptr);
  CHECK(sockets.back() == 39);
  CHECK(write(sockets[0], "here", 4) == 4);
  char buffer[4];
  CHECK(recv(sockets.back(), buffer, 4, MSG_WAITALL) == 4);
  for (const int socket : sockets) close(socket);
  std::puts("descriptors run out");

  const int connections = count > 1 ? std::atoi(arguments[1]) : 10000;
  std::thread server([listening, connections] {
    for (int i = 0; i < connections; ++i) {
      const int connection = accept(listening, nullptr, nullptr);
      CHECK(connection >= 0);
      char byte = 0;
      CHECK(read(connection, &byte, 1) == 1 && write(connection, &byte, 1) == 1);
      close(connection);
    }
  });
  const linger hard{1, 0};  // so that no port stays behind in TIME_WAIT
  for (int i = 0; i < connections; ++i) {
    const int connection = connect_to(listening);
    char byte = static_cast<char>(i), back = 0;
    CHECK(write(connection, &byte, 1) == 1 && read(connection, &back, 1) == 1 && byte == back);
    CHECK(setsockopt(connection, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)) == 0);
    close(connection);
  }
  server.join();
  std::printf("%d connections\n", connections);
}
