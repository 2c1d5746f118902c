// SPDX-License-Identifier: Apache-2.0
//
// A connect that does not wait: EINPROGRESS, then EALREADY or EISCONN, writable when done, SO_ERROR tells how it went.

#include <fcntl.h>
#include <poll.h>

#include <cstdio>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

int error_of(int socket) {
  int error = -1;
  socklen_t length = sizeof(error);
  CHECK(getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &length) == 0 && length == sizeof(error));
  return error;
}

/// How a connect that was started ends.
int outcome(const sockaddr_in& address) {
  const int client = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  CHECK(client >= 0);
  int error = 0;
  if (connect(client, generic(address), sizeof(address)) != 0) {
    CHECK(errno == EINPROGRESS || errno == ECONNREFUSED);
    if (errno == EINPROGRESS) {
      pollfd entry{client, POLLOUT, 0};
      CHECK(poll(&entry, 1, 10000) == 1 && (entry.revents & POLLOUT) != 0);
      error = error_of(client);
      CHECK(error_of(client) == 0);  // it is told once
    } else {
      error = errno;
    }
  }
  if (error == 0) {
    // The first call after the connection says that it went well, the next that it has been there.
    CHECK(connect(client, generic(address), sizeof(address)) == 0);
    CHECK(connect(client, generic(address), sizeof(address)) == -1 && errno == EISCONN);
    CHECK(write(client, "x", 1) == 1);
  }
  close(client);
  return error;
}

}  // namespace

int main() {
  const int listening = listener();
  const sockaddr_in address = own_name(listening);
  std::printf("to a listener: %d\n", outcome(address));
  const int server = accept(listening, nullptr, nullptr);
  char byte = 0;
  CHECK(read(server, &byte, 1) == 1 && byte == 'x');
  close(server);
  close(listening);
  std::printf("to nobody: %s\n", outcome(address) == ECONNREFUSED ? "refused" : "?");

  // A listener whose queue is full lets a connect wait; giving up is a close.
  const int full = listener(0);
  const sockaddr_in busy = own_name(full);
  int waiting = -1;
  int clients[8];
  int count = 0;
  for (; count < 8 && waiting < 0; ++count) {
    clients[count] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (connect(clients[count], generic(busy), sizeof(busy)) == -1) {
      CHECK(errno == EINPROGRESS);
      pollfd entry{clients[count], POLLOUT, 0};
      if (poll(&entry, 1, 50) == 0) waiting = clients[count];
    }
  }
  if (waiting >= 0) CHECK(connect(waiting, generic(busy), sizeof(busy)) == -1 && errno == EALREADY);
  std::printf("a full queue: %s\n", waiting >= 0 ? "EALREADY" : "never full");
  for (int i = 0; i < count; ++i) close(clients[i]);
  close(full);

  const int blocking = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(connect(blocking, generic(address), sizeof(address)) == -1 && errno == ECONNREFUSED);
  CHECK(connect(blocking, generic(address), sizeof(address)) == -1 && errno == ECONNREFUSED);
  close(blocking);
}
