// SPDX-License-Identifier: Apache-2.0
//
// All bytes of a message over a stream socket, however many calls that takes. False, and errno, when they do not all go or come;
// ECONNRESET when the other end closed before.
#pragma once

#include <sys/socket.h>

#include <cerrno>

#include "base/bytes.h"

namespace sgxx::host {

inline bool send_all(int fd, ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(sent));
  }
  return true;
}

inline bool receive_all(int fd, ByteSpan bytes) {
  while (!bytes.empty()) {
    const ssize_t received = ::recv(fd, bytes.data(), bytes.size(), 0);
    if (received < 0 && errno == EINTR) continue;
    if (received == 0) errno = ECONNRESET;
    if (received <= 0) return false;
    bytes = bytes.subspan(static_cast<size_t>(received));
  }
  return true;
}

}  // namespace sgxx::host
