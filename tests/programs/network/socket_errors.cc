// SPDX-License-Identifier: Apache-2.0
//
// What goes wrong with sockets, and how it is told.

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/uio.h>

#include <cstdio>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

int failures = 0;

#define EXPECT(error, call)                                             \
  do {                                                                  \
    errno = 0;                                                          \
    const long result = (call);                                         \
    if (result != -1 || errno != (error)) {                             \
      std::printf("%s: %ld %s\n", #call, result, std::strerror(errno)); \
      ++failures;                                                       \
    }                                                                   \
  } while (false)

void making() {
  EXPECT(EAFNOSUPPORT, socket(9999, SOCK_STREAM, 0));
  EXPECT(EINVAL, socket(AF_INET, 0x7f, 0));
  EXPECT(EINVAL, socket(AF_INET, SOCK_STREAM | 0x100000, 0));
  EXPECT(EPROTONOSUPPORT, socket(AF_INET, SOCK_STREAM, IPPROTO_UDP));
  EXPECT(EPROTONOSUPPORT, socket(AF_UNIX, SOCK_STREAM, 77));
  EXPECT(ESOCKTNOSUPPORT, socket(AF_INET, SOCK_SEQPACKET, 0));
}

void descriptors() {
  int pipes[2];
  CHECK(pipe(pipes) == 0);
  sockaddr_in address = loopback(1);
  socklen_t length = sizeof(address);
  char byte = 0;
  for (const auto& [file, error] : {std::pair{pipes[0], ENOTSOCK}, std::pair{1234, EBADF}, std::pair{-1, EBADF}}) {
    EXPECT(error, bind(file, generic(address), sizeof(address)));
    EXPECT(error, connect(file, generic(address), sizeof(address)));
    EXPECT(error, listen(file, 1));
    EXPECT(error, accept(file, nullptr, nullptr));
    EXPECT(error, send(file, &byte, 1, 0));
    EXPECT(error, recv(file, &byte, 1, 0));
    EXPECT(error, shutdown(file, SHUT_RD));
    EXPECT(error, getsockname(file, generic(address), &length));
    EXPECT(error, getpeername(file, generic(address), &length));
    EXPECT(error, setsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &byte, 4));
    EXPECT(error, getsockopt(file, SOL_SOCKET, SO_KEEPALIVE, &byte, &length));
  }
}

void addresses() {
  const int one = bound(SOCK_STREAM), other = socket(AF_INET, SOCK_STREAM, 0);
  CHECK(listen(one, 1) == 0);
  sockaddr_in address = own_name(one);
  EXPECT(EADDRINUSE, bind(other, generic(address), sizeof(address)));
  EXPECT(EINVAL, bind(one, generic(address), sizeof(address)));
  EXPECT(EINVAL, bind(other, generic(address), 3));
  EXPECT(EINVAL, bind(other, generic(address), 1000));
  EXPECT(EINVAL, connect(other, generic(address), static_cast<socklen_t>(-1)));
  EXPECT(EFAULT, connect(other, reinterpret_cast<sockaddr*>(8), sizeof(address)));
  EXPECT(EFAULT, bind(other, reinterpret_cast<sockaddr*>(8), sizeof(address)));
  address.sin_family = AF_UNIX;
  EXPECT(EAFNOSUPPORT, bind(other, generic(address), sizeof(address)));
  address = loopback();
  address.sin_addr.s_addr = htonl(0x01020304);
  EXPECT(EADDRNOTAVAIL, bind(other, generic(address), sizeof(address)));
  socklen_t length = sizeof(address);
  EXPECT(ENOTCONN, getpeername(other, generic(address), &length));
  EXPECT(EFAULT, getsockname(one, reinterpret_cast<sockaddr*>(8), &length));
  EXPECT(EFAULT, getsockname(one, generic(address), nullptr));
  length = static_cast<socklen_t>(-1);
  EXPECT(EINVAL, getsockname(one, generic(address), &length));
  length = 4;
  sockaddr_in cut{};
  CHECK(getsockname(one, generic(cut), &length) == 0 && length == sizeof(cut) && cut.sin_addr.s_addr == 0 && cut.sin_port != 0);
  const sockaddr_in nobody = own_name(bound(SOCK_STREAM));  // bound, but nobody listens
  EXPECT(ECONNREFUSED, connect(other, generic(nobody), sizeof(nobody)));
  close(one);
  close(other);
}

void states() {
  const int fresh = socket(AF_INET, SOCK_STREAM, 0);
  char buffer[16];
  EXPECT(EINVAL, accept(fresh, nullptr, nullptr));
  EXPECT(ENOTCONN, recv(fresh, buffer, 1, 0));
  EXPECT(EPIPE, send(fresh, buffer, 1, MSG_NOSIGNAL));
  EXPECT(ENOTCONN, shutdown(fresh, SHUT_RD));
  EXPECT(EINVAL, accept4(fresh, nullptr, nullptr, 1));
  EXPECT(ENOTTY, ioctl(fresh, 0x1234, buffer));
  EXPECT(ESPIPE, lseek(fresh, 0, SEEK_SET));
  EXPECT(ESPIPE, pread(fresh, buffer, 1, 0));
  EXPECT(ESPIPE, pwrite(fresh, buffer, 1, 0));
  EXPECT(EINVAL, fsync(fresh));
  EXPECT(EINVAL, ftruncate(fresh, 0));
  close(fresh);
  Connection tcp;
  const sockaddr_in peer = own_name(tcp.server);
  EXPECT(EISCONN, connect(tcp.client, generic(peer), sizeof(peer)));
  EXPECT(EINVAL, listen(tcp.client, 1));
  EXPECT(EAGAIN, recv(tcp.client, buffer, 1, MSG_DONTWAIT));
  EXPECT(EINVAL, recv(tcp.client, buffer, 1, MSG_OOB));
  EXPECT(EAGAIN, recv(tcp.client, buffer, 1, MSG_ERRQUEUE));
  CHECK(send(tcp.server, "!", 1, MSG_OOB) == 1);
  pollfd entry{tcp.client, POLLPRI, 0};
  CHECK(poll(&entry, 1, 10000) == 1 && entry.revents == POLLPRI);
  CHECK(recv(tcp.client, buffer, 1, MSG_OOB) == 1 && buffer[0] == '!');
}

void buffers() {
  Connection tcp;
  char* volatile nowhere = reinterpret_cast<char*>(8);
  char* const bad = nowhere;
  CHECK(write(tcp.client, "kept", 4) == 4);
  char buffer[8];
  CHECK(recv(tcp.server, buffer, 4, MSG_PEEK | MSG_WAITALL) == 4);
  int available = 0;
  CHECK(ioctl(tcp.server, FIONREAD, &available) == 0 && available == 4);
  EXPECT(EFAULT, recv(tcp.server, bad, 4, 0));
  EXPECT(EFAULT, read(tcp.server, bad, 4));
  EXPECT(EFAULT, send(tcp.client, bad, 4, 0));
  EXPECT(EFAULT, write(tcp.client, bad, 4));
  EXPECT(EFAULT, sendmsg(tcp.client, reinterpret_cast<msghdr*>(bad), 0));
  EXPECT(EFAULT, recvmsg(tcp.server, reinterpret_cast<msghdr*>(bad), 0));
  msghdr header{};
  iovec part{bad, 4};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  EXPECT(EFAULT, sendmsg(tcp.client, &header, 0));
  EXPECT(EFAULT, recvmsg(tcp.server, &header, 0));
  header.msg_iovlen = 1025;
  EXPECT(EMSGSIZE, sendmsg(tcp.client, &header, 0));
  EXPECT(EMSGSIZE, recvmsg(tcp.server, &header, 0));
  CHECK(recv(tcp.server, buffer, sizeof(buffer), 0) == 4);
  CHECK(read(tcp.server, buffer, 0) == 0);
  int unsent = -1;
  CHECK(ioctl(tcp.client, TIOCOUTQ, &unsent) == 0 && unsent == 0);
  EXPECT(EFAULT, ioctl(tcp.client, FIONREAD, bad));
}

}  // namespace

int main() {
  making();
  descriptors();
  addresses();
  states();
  buffers();
  std::printf("%d failures\n", failures);
}
