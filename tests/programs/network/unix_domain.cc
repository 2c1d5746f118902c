// SPDX-License-Identifier: Apache-2.0
//
// Unix-domain sockets by abstract name and by path: streams, datagrams, sequenced packets, names, errors.

#include <stddef.h>
#include <time.h>

#include <cstdio>
#include <string>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

struct Name {
  sockaddr_un address{};
  socklen_t length = 0;
  Name() = default;
  explicit Name(const std::string& path) {
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + (path[0] == '\0' ? 0 : 1));
  }
};

/// A name that no other process uses.
std::string unique(const char* purpose) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return "sgxx-" + std::string(purpose) + std::to_string(now.tv_sec) + std::to_string(now.tv_nsec);
}

void stream(const Name& name) {
  const int listening = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);
  CHECK(connect(client, generic(name.address), name.length) == -1 && (errno == ECONNREFUSED || errno == ENOENT));
  CHECK(bind(listening, generic(name.address), name.length) == 0 && listen(listening, 4) == 0);
  CHECK(bind(client, generic(name.address), name.length) == -1 && errno == EADDRINUSE);
  CHECK(connect(client, generic(name.address), name.length) == 0);
  Name peer;
  peer.length = sizeof(peer.address);
  const int server = accept(listening, generic(peer.address), &peer.length);
  CHECK(server >= 0 && peer.length == 2 && peer.address.sun_family == AF_UNIX);
  peer.length = sizeof(peer.address);
  CHECK(getpeername(client, generic(peer.address), &peer.length) == 0 && peer.length == name.length);
  CHECK(std::memcmp(&peer.address, &name.address, name.length) == 0);
  char small[4] = {};
  socklen_t length = sizeof(small);
  CHECK(getsockname(listening, reinterpret_cast<sockaddr*>(small), &length) == 0 && length == name.length);
  CHECK(small[0] == AF_UNIX && std::memcmp(small + 2, name.address.sun_path, 2) == 0);
  write_all(client, "by name", 7);
  close(client);
  std::printf("%s\n", read_all(server).c_str());
  CHECK(send(server, "x", 1, MSG_NOSIGNAL) == -1 && errno == EPIPE);
  close(server);
  close(listening);
}

void messages(int type) {
  const Name name(std::string(1, '\0') + unique("messages"));
  const int receiving = socket(AF_UNIX, type, 0), sending = socket(AF_UNIX, type, 0);
  CHECK(bind(receiving, generic(name.address), name.length) == 0);
  int from = receiving;
  if (type == SOCK_SEQPACKET) CHECK(listen(receiving, 1) == 0);
  CHECK(connect(sending, generic(name.address), name.length) == 0);
  if (type == SOCK_SEQPACKET) CHECK((from = accept(receiving, nullptr, nullptr)) >= 0);
  CHECK(send(sending, "one", 3, 0) == 3 && send(sending, "and two", 7, 0) == 7);
  char buffer[16] = {};
  CHECK(recv(from, buffer, sizeof(buffer), 0) == 3);
  CHECK(recv(from, buffer, 3, MSG_TRUNC) == 7 && recv(from, buffer, 3, MSG_DONTWAIT) == -1 && errno == EAGAIN);
  std::printf("type %d: %s\n", type, buffer);
  close(sending);
  close(from);
  close(receiving);
}

}  // namespace

int main() {
  stream(Name(std::string(1, '\0') + unique("abstract")));
  const std::string path = "/tmp/" + unique("path");
  stream(Name(path));
  messages(SOCK_DGRAM);
  messages(SOCK_SEQPACKET);
  const int client = socket(AF_UNIX, SOCK_STREAM, 0);
  const Name missing("/nonexistent/socket");
  CHECK(connect(client, generic(missing.address), missing.length) == -1 && errno == ENOENT);
  CHECK(bind(client, generic(missing.address), missing.length) == -1 && errno == ENOENT);
  char long_path[120] = {AF_UNIX, 0, 'x'};
  CHECK(connect(client, reinterpret_cast<sockaddr*>(long_path), sizeof(long_path)) == -1 && errno == EINVAL);
  close(client);
}
