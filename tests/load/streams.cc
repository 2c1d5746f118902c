// SPDX-License-Identifier: Apache-2.0
//
// One end of a connection that carries much, in both directions at once. `streams tcp MEBIBYTES` and `streams udp MEBIBYTES`
// print a port and wait for the other end, which is `streams tcp MEBIBYTES PORT`. Both say how many bytes came and their hash;
// datagrams are numbered, and the sender never has more of them on the way than a socket's buffer holds, so that none may be
// lost.
// `streams survive PEERS` talks to so many peers until they are gone; `streams vanish PEERS PORT` are these, which the system
// ends in the middle of it.

#include <poll.h>

#include <array>
#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <thread>
#include <vector>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

constexpr size_t kBlock = 64 * 1024, kDatagram = 1400, kWindow = 16;

class Sum {
 public:
  void add(const uint8_t* bytes, size_t length) {
    for (size_t i = 0; i < length; ++i) value_ = (value_ ^ bytes[i]) * 0x100000001b3;
    length_ += length;
  }
  void print(const char* what) const {
    std::printf("%s %llu bytes %016llx\n", what, static_cast<unsigned long long>(length_),
                static_cast<unsigned long long>(value_));
  }
  uint64_t length() const { return length_; }

 private:
  uint64_t value_ = 0xcbf29ce484222325, length_ = 0;
};

/// The sender's bytes: each block is another one.
class Pattern {
 public:
  explicit Pattern(uint32_t seed) : state_(seed) {}
  void fill(uint8_t* to, size_t length) {
    for (size_t i = 0; i < length; ++i) {
      state_ = state_ * 1664525 + 1013904223;
      to[i] = static_cast<uint8_t>(state_ >> 24);
    }
  }

 private:
  uint32_t state_;
};

void stream(int socket, uint64_t bytes, uint32_t seed) {
  Sum sent, received;
  std::thread sender([&] {
    Pattern pattern(seed);
    std::vector<uint8_t> block(kBlock);
    while (sent.length() < bytes) {
      pattern.fill(block.data(), block.size());
      write_all(socket, block.data(), block.size());
      sent.add(block.data(), block.size());
    }
    CHECK(shutdown(socket, SHUT_WR) == 0);
  });
  std::vector<uint8_t> buffer(kBlock);
  for (ssize_t length = 0; (length = read(socket, buffer.data(), buffer.size())) != 0;) {
    CHECK(length > 0);
    received.add(buffer.data(), static_cast<size_t>(length));
  }
  sender.join();
  CHECK(received.length() == bytes);
  sent.print("sent");
  received.print("received");
}

struct Datagram {
  uint32_t number;
  std::array<uint8_t, kDatagram - sizeof(uint32_t)> bytes;
};

/// An acknowledgement is the number alone, of the datagram up to which all have come.
void datagrams(int socket, uint64_t bytes, uint32_t seed) {
  const auto count = static_cast<uint32_t>(bytes / sizeof(Datagram));
  Sum sent, received;
  Pattern pattern(seed);
  uint32_t next_out = 0, acknowledged = 0, next_in = 0;
  const auto send_one = [&] {
    Datagram out{next_out++, {}};
    pattern.fill(out.bytes.data(), out.bytes.size());
    CHECK(send(socket, &out, sizeof(out), 0) == sizeof(out));
    sent.add(out.bytes.data(), out.bytes.size());
  };
  while (acknowledged < count || next_in < count) {
    while (next_out < count && next_out - acknowledged < kWindow) send_one();
    Datagram in{};
    const ssize_t length = recv(socket, &in, sizeof(in), 0);
    if (length == sizeof(uint32_t)) {
      CHECK(in.number > acknowledged && in.number <= next_out);
      acknowledged = in.number;
      continue;
    }
    CHECK(length == sizeof(in) && in.number == next_in);  // in order, none lost
    ++next_in;
    received.add(in.bytes.data(), in.bytes.size());
    if (next_in % (kWindow / 2) == 0 || next_in == count) CHECK(send(socket, &next_in, sizeof(next_in), 0) == sizeof(next_in));
  }
  sent.print("sent");
  received.print("received");
}

int other_end(int type, uint16_t port) {
  const int made = bound(type);
  const sockaddr_in address = loopback(port);
  CHECK(connect(made, generic(address), sizeof(address)) == 0);
  return made;
}

int wait_for_other_end(int type) {
  const int waiting = type == SOCK_STREAM ? listener() : bound(type);
  std::printf("%u\n", ntohs(own_name(waiting).sin_port));
  std::fflush(stdout);
  if (type == SOCK_STREAM) return accept(waiting, nullptr, nullptr);
  sockaddr_in from{};
  socklen_t length = sizeof(from);
  char byte = 0;
  CHECK(recvfrom(waiting, &byte, 1, MSG_PEEK, generic(from), &length) == 1);
  CHECK(connect(waiting, generic(from), sizeof(from)) == 0);
  return waiting;
}

/// Talks until the other end has gone; what it was told then.
int talk_until_gone(int socket) {
  std::thread reader([socket] {
    std::vector<char> buffer(kBlock);
    while (read(socket, buffer.data(), buffer.size()) > 0) {
    }
  });
  const std::vector<char> block(kBlock, 'v');
  while (send(socket, block.data(), block.size(), MSG_NOSIGNAL) > 0) {
  }
  const int reason = errno;
  reader.join();
  close(socket);
  return reason;
}

void survive(int peers) {
  const int waiting = listener(peers);
  std::printf("%u\n", ntohs(own_name(waiting).sin_port));
  std::fflush(stdout);
  std::vector<std::thread> talks;
  std::atomic<int> gone{0};
  for (int i = 0; i < peers; ++i) {
    talks.emplace_back([&gone, peer = accept(waiting, nullptr, nullptr)] {
      const int reason = talk_until_gone(peer);
      gone += reason == ECONNRESET || reason == EPIPE ? 1 : 0;
    });
  }
  for (std::thread& talk : talks) talk.join();
  std::printf("%d peers are gone\n", gone.load());
}

[[noreturn]] void vanish(int peers, uint16_t port) {
  std::vector<char> buffer(kBlock);
  for (int i = 0; i < peers; ++i) {
    const int peer = other_end(SOCK_STREAM, port);
    CHECK(recv(peer, buffer.data(), buffer.size(), MSG_WAITALL) > 0 && write(peer, buffer.data(), 1000) == 1000);
  }
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

}  // namespace

int main(int count, char** arguments) {
  CHECK(count >= 3);
  const std::string role = arguments[1];
  if (role == "survive") return survive(std::atoi(arguments[2])), 0;
  if (role == "vanish") vanish(std::atoi(arguments[2]), static_cast<uint16_t>(std::atoi(arguments[3])));
  const int type = std::string(arguments[1]) == "udp" ? SOCK_DGRAM : SOCK_STREAM;
  const uint64_t bytes = std::strtoull(arguments[2], nullptr, 10) << 20;
  const bool waits = count == 3;
  const int socket = waits ? wait_for_other_end(type) : other_end(type, static_cast<uint16_t>(std::atoi(arguments[3])));
  CHECK(socket >= 0);
  const timeval limit{20, 0};
  CHECK(setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
  type == SOCK_STREAM ? stream(socket, bytes, waits) : datagrams(socket, bytes, waits);
}
