// SPDX-License-Identifier: Apache-2.0
//
// Connected pairs of Unix-domain sockets: both directions, end of stream, record boundaries, errors.

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "check.h"

int main() {
  signal(SIGPIPE, SIG_IGN);
  int pair[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0);
  struct stat status {};
  CHECK(fstat(pair[0], &status) == 0 && S_ISSOCK(status.st_mode));
  char buffer[64] = {};
  CHECK(write(pair[0], "one", 3) == 3 && write(pair[0], "two", 3) == 3);
  CHECK(read(pair[1], buffer, sizeof(buffer)) == 6);
  std::printf("a stream: %s\n", buffer);
  CHECK(write(pair[1], "back", 4) == 4 && read(pair[0], buffer, 2) == 2 && read(pair[0], buffer + 2, 8) == 2);
  pollfd entry{pair[1], POLLIN | POLLOUT, 0};
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT);
  close(pair[0]);
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == (POLLIN | POLLOUT | POLLHUP));
  CHECK(read(pair[1], buffer, 8) == 0);
  CHECK(write(pair[1], "x", 1) == -1 && errno == EPIPE);
  close(pair[1]);

  for (int type : {SOCK_DGRAM, SOCK_SEQPACKET}) {
    CHECK(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair) == 0);
    CHECK(write(pair[0], "first", 5) == 5 && write(pair[0], "second record", 13) == 13);
    std::memset(buffer, 0, sizeof(buffer));
    CHECK(read(pair[1], buffer, sizeof(buffer)) == 5);
    std::printf("a record: %s\n", buffer);
    CHECK(read(pair[1], buffer, 6) == 6);  // the rest is dropped
    CHECK(read(pair[1], buffer, sizeof(buffer)) == -1 && errno == EAGAIN);
    close(pair[0]);
    close(pair[1]);
  }
  CHECK(socketpair(AF_UNIX, 99, 0, pair) == -1 && errno == EINVAL);
  CHECK(socketpair(9999, SOCK_STREAM, 0, pair) == -1 && errno == EAFNOSUPPORT);
}
