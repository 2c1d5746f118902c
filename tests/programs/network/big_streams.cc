// SPDX-License-Identifier: Apache-2.0
//
// Megabytes in each direction, in pieces of odd sizes, by write, writev, send and sendmsg; checked by a hash on each side.
// Non-blocking writes come up short and lose nothing.

#include <fcntl.h>
#include <poll.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

constexpr size_t kBytes = 24 << 20;

uint64_t hash(uint64_t before, const char* bytes, size_t length) {
  for (size_t i = 0; i < length; ++i) before = (before ^ static_cast<uint8_t>(bytes[i])) * 0x100000001b3;
  return before;
}

std::string pattern(uint32_t seed, size_t length) {
  std::string bytes(length, 0);
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

ssize_t send_by(int way, int socket, const char* bytes, size_t length) {
  iovec parts[3] = {{const_cast<char*>(bytes), length / 3},
                    {const_cast<char*>(bytes) + length / 3, 0},
                    {const_cast<char*>(bytes) + length / 3, length - length / 3}};
  msghdr header{};
  header.msg_iov = parts;
  header.msg_iovlen = 3;
  switch (way % 4) {
    case 0: return write(socket, bytes, length);
    case 1: return writev(socket, parts, 3);
    case 2: return send(socket, bytes, length, MSG_MORE);
    default: return sendmsg(socket, &header, 0);
  }
}

uint64_t send_stream(int socket, uint32_t seed) {
  const std::string block = pattern(seed, 700001);
  uint64_t sum = 0xcbf29ce484222325;
  int way = 0;
  for (size_t sent = 0; sent < kBytes;) {
    const size_t offset = sent % block.size();
    const size_t piece = std::min({block.size() - offset, kBytes - sent, size_t{1} << (way % 20)});
    const ssize_t count = send_by(way++, socket, block.data() + offset, piece);
    CHECK(count == static_cast<ssize_t>(piece));  // a blocking write is whole
    sum = hash(sum, block.data() + offset, piece);
    sent += piece;
  }
  CHECK(shutdown(socket, SHUT_WR) == 0);
  return sum;
}

uint64_t receive_stream(int socket) {
  std::vector<char> buffer(300000);
  uint64_t sum = 0xcbf29ce484222325;
  size_t total = 0;
  for (int i = 0;; ++i) {
    iovec parts[2] = {{buffer.data(), 777}, {buffer.data() + 777, buffer.size() - 777}};
    const ssize_t count = i % 2 == 0 ? read(socket, buffer.data(), buffer.size()) : readv(socket, parts, 2);
    CHECK(count >= 0);
    if (count == 0) break;
    sum = hash(sum, buffer.data(), static_cast<size_t>(count));
    total += static_cast<size_t>(count);
  }
  CHECK(total == kBytes);
  return sum;
}

void without_blocking() {
  Connection tcp;
  CHECK(fcntl(tcp.client, F_SETFL, O_NONBLOCK) == 0);
  const std::string bytes = pattern(9, 8 << 20);
  std::thread reader([&tcp, &bytes] {
    usleep(20000);
    std::string back(bytes.size(), 0);
    CHECK(recv(tcp.server, back.data(), back.size(), MSG_WAITALL) == static_cast<ssize_t>(back.size()));
    CHECK(back == bytes);
  });
  bool was_full = false;
  for (size_t sent = 0; sent < bytes.size();) {
    const ssize_t count = write(tcp.client, bytes.data() + sent, bytes.size() - sent);
    if (count > 0) {
      sent += static_cast<size_t>(count);
      continue;
    }
    CHECK(count == -1 && errno == EAGAIN);
    was_full = true;
    pollfd entry{tcp.client, POLLOUT, 0};
    CHECK(poll(&entry, 1, 20000) == 1);
  }
  reader.join();
  std::printf("without blocking: %s\n", was_full ? "was full" : "never full");
}

void exchange(int from, int to, uint32_t seed) {
  uint64_t sent = 0;
  std::thread sender([&] { sent = send_stream(from, seed); });
  const uint64_t received = receive_stream(to);
  sender.join();
  CHECK(sent == received);
  std::printf("%016llx\n", static_cast<unsigned long long>(sent));
}

}  // namespace

int main() {
  Connection tcp;
  exchange(tcp.client, tcp.server, 1);
  exchange(tcp.server, tcp.client, 2);
  without_blocking();
}
