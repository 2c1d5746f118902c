// SPDX-License-Identifier: Apache-2.0
//
// Descriptors and credentials that go through a pair of sockets: who gets them, with which bytes, what becomes of those that
// nobody takes, and what is wrong with the wrong ones.

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>
#include <vector>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

struct Pair {
  int one, other;
  explicit Pair(int type = SOCK_STREAM) {
    int ends[2];
    CHECK(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends) == 0);
    one = ends[0];
    other = ends[1];
  }
  ~Pair() {
    close(one);
    close(other);
  }
};

/// One control message.
std::vector<char> control(int type, const void* data, size_t length) {
  std::vector<char> bytes(CMSG_SPACE(length), 0);
  const cmsghdr header{CMSG_LEN(length), SOL_SOCKET, type};
  std::memcpy(bytes.data(), &header, sizeof(header));
  std::memcpy(bytes.data() + CMSG_LEN(0), data, length);
  return bytes;
}

ssize_t send_with(int socket, const char* text, std::vector<char> bytes) {
  iovec part{const_cast<char*>(text), std::strlen(text)};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = bytes.empty() ? nullptr : bytes.data();
  header.msg_controllen = bytes.size();
  return sendmsg(socket, &header, MSG_NOSIGNAL);
}

ssize_t send_descriptors(int socket, const char* text, const std::vector<int>& descriptors) {
  return send_with(socket, text, control(SCM_RIGHTS, descriptors.data(), descriptors.size() * sizeof(int)));
}

struct Received {
  std::string text;
  std::vector<int> descriptors;
  bool credentials = false;
  int flags = 0;
  size_t control_length = 0;
};

Received receive(int socket, size_t room = 64, size_t control_room = 256, int flags = 0) {
  char buffer[256], control_bytes[256];
  iovec part{buffer, room};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control_room != 0 ? control_bytes : nullptr;
  header.msg_controllen = control_room;
  const ssize_t length = recvmsg(socket, &header, flags);
  CHECK(length >= 0);
  Received received{std::string(buffer, static_cast<size_t>(length)), {}, false, header.msg_flags, header.msg_controllen};
  for (cmsghdr* at = CMSG_FIRSTHDR(&header); at != nullptr; at = CMSG_NXTHDR(&header, at)) {
    CHECK(at->cmsg_level == SOL_SOCKET);
    if (at->cmsg_type == SCM_RIGHTS) {
      for (size_t i = 0; i < (at->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
        int descriptor = -1;
        std::memcpy(&descriptor, CMSG_DATA(at) + i * sizeof(int), sizeof(int));
        received.descriptors.push_back(descriptor);
      }
    } else {
      ucred from{};
      CHECK(at->cmsg_type == SCM_CREDENTIALS);
      std::memcpy(&from, CMSG_DATA(at), std::min(sizeof(from), at->cmsg_len - CMSG_LEN(0)));
      CHECK(from.pid == getpid());
      received.credentials = true;
    }
  }
  return received;
}

void print(const char* what, const Received& received) {
  std::printf("%s: \"%s\", %zu descriptors, flags %#x, %zu bytes of control%s\n", what, received.text.c_str(),
              received.descriptors.size(), static_cast<unsigned>(received.flags), received.control_length,
              received.credentials ? ", credentials" : "");
  for (const int descriptor : received.descriptors) close(descriptor);
}

void a_descriptor_arrives() {
  const Pair pair;
  int ends[2];
  CHECK(pipe(ends) == 0);
  CHECK(send_descriptors(pair.one, "x", {ends[0], ends[1]}) == 1);
  close(ends[0]), close(ends[1]);
  const Received got = receive(pair.other);
  CHECK(got.descriptors.size() == 2 && write(got.descriptors[1], "through", 7) == 7);
  char buffer[8] = {};
  CHECK(read(got.descriptors[0], buffer, 7) == 7);
  std::printf("%s\n", buffer);
  CHECK((fcntl(got.descriptors[0], F_GETFD) & FD_CLOEXEC) == 0);
  print("two", got);
  CHECK(send_descriptors(pair.one, "x", {0}) == 1);
  const Received again = receive(pair.other, 64, 256, MSG_CMSG_CLOEXEC);
  CHECK((fcntl(again.descriptors[0], F_GETFD) & FD_CLOEXEC) != 0);
  print("close-on-exec", again);
}

/// A peer that was closed says whether a descriptor of its other end is left anywhere.
bool is_closed(int socket) {
  pollfd entry{socket, POLLIN, 0};
  return poll(&entry, 1, 0) == 1 && (entry.revents & POLLHUP) != 0;
}

void what_nobody_takes_is_closed() {
  Pair way, subject;
  CHECK(send_descriptors(way.one, "abc", {subject.other}) == 3);
  close(subject.other);
  CHECK(!is_closed(subject.one));
  char byte;
  CHECK(read(way.other, &byte, 1) == 1 && byte == 'a');
  std::printf("after read: %s\n", is_closed(subject.one) ? "closed" : "open");
  subject.other = -1;

  Pair second;
  CHECK(send_descriptors(way.one, "d", {second.other}) == 1);
  close(second.other);
  second.other = -1;
  close(way.other);
  std::printf("after the reader's close: %s\n", is_closed(second.one) ? "closed" : "open");
  way.other = -1;
  CHECK(send_descriptors(way.one, "e", {0}) == -1 && errno == EPIPE);
}

void with_which_bytes() {
  const Pair pair;
  CHECK(write(pair.one, "before", 6) == 6 && send_descriptors(pair.one, "with", {0}) == 4 && write(pair.one, "after", 5) == 5);
  print("before", receive(pair.other));
  print("a part", receive(pair.other, 2));
  print("the rest", receive(pair.other));
  CHECK(send_descriptors(pair.one, "one", {0}) == 3 && send_descriptors(pair.one, "two", {0, 0}) == 3);
  print("first", receive(pair.other));
  print("second", receive(pair.other));
  CHECK(send_descriptors(pair.one, "peek", {0}) == 4);
  print("peeked", receive(pair.other, 64, 256, MSG_PEEK));
  print("taken", receive(pair.other));
  CHECK(send_descriptors(pair.one, "", {0}) == 0);
  CHECK(write(pair.one, "z", 1) == 1);
  print("nothing carries nothing", receive(pair.other));
}

void records() {
  for (const int type : {SOCK_DGRAM, SOCK_SEQPACKET}) {
    const Pair pair(type);
    CHECK(write(pair.one, "plain", 5) == 5 && send_descriptors(pair.one, "with", {0}) == 4 &&
          send_descriptors(pair.one, "", {0}) == 0);
    print("record", receive(pair.other));
    print("record", receive(pair.other, 2));
    print("empty record", receive(pair.other));
  }
}

void room_for_control() {
  const Pair pair;
  for (const size_t room : {size_t{0}, size_t{8}, CMSG_LEN(0), CMSG_LEN(4), CMSG_SPACE(4), CMSG_LEN(8), CMSG_LEN(12)}) {
    CHECK(send_descriptors(pair.one, "r", {0, 0, 0}) == 1);
    print(std::to_string(room).c_str(), receive(pair.other, 64, room));
  }
  rlimit limit{};
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t before = limit.rlim_cur;
  CHECK(send_descriptors(pair.one, "l", {0, 0, 0}) == 1);
  const int lowest = dup(0);
  close(lowest);
  limit.rlim_cur = static_cast<rlim_t>(lowest) + 2;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  const Received got = receive(pair.other);
  limit.rlim_cur = before;
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  print("two left", got);
}

void credentials() {
  const Pair pair;
  const int on = 1;
  ucred own{getpid(), getuid(), getgid()}, peer{};
  socklen_t length = sizeof(peer);
  CHECK(getsockopt(pair.one, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && length == sizeof(peer));
  CHECK(peer.pid == getpid() && peer.uid == getuid() && peer.gid == getgid());
  CHECK(send_with(pair.one, "quiet", control(SCM_CREDENTIALS, &own, sizeof(own))) == 5);
  print("nobody asks", receive(pair.other));
  CHECK(setsockopt(pair.other, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) == 0);
  CHECK(write(pair.one, "plain", 5) == 5);
  print("asked for", receive(pair.other));
  CHECK(send_descriptors(pair.one, "both", {0}) == 4);
  print("both", receive(pair.other));
  CHECK(write(pair.one, "short", 5) == 5);
  print("cut", receive(pair.other, 64, CMSG_LEN(4)));
}

std::string ending(ssize_t result) { return result >= 0 ? std::to_string(result) : strerrorname_np(errno); }

void wrong_ones() {
  const Pair pair;
  const std::vector<int> many(254, 0), most(253, 0);
  ucred stranger{1, getuid(), getgid()};
  int none = 0;
  std::printf("not a descriptor %s\n", ending(send_descriptors(pair.one, "w", {0, 777})).c_str());
  std::printf("too many %s\n", ending(send_descriptors(pair.one, "w", many)).c_str());
  std::printf("the most %s\n", ending(send_descriptors(pair.one, "w", most)).c_str());
  std::printf("no kind %s\n", ending(send_with(pair.one, "w", control(77, &none, sizeof(none)))).c_str());
  std::printf("short credentials %s\n", ending(send_with(pair.one, "w", control(SCM_CREDENTIALS, &none, sizeof(none)))).c_str());
  if (getuid() != 0) {
    CHECK(send_with(pair.one, "w", control(SCM_CREDENTIALS, &stranger, sizeof(stranger))) == -1 && errno == EPERM);
  }
  std::vector<char> bytes = control(SCM_RIGHTS, &none, sizeof(none));
  const size_t too_long = 1000, too_short = 8;
  std::memcpy(bytes.data(), &too_long, sizeof(too_long));
  std::printf("too long %s\n", ending(send_with(pair.one, "w", bytes)).c_str());
  std::memcpy(bytes.data(), &too_short, sizeof(too_short));
  std::printf("too short %s\n", ending(send_with(pair.one, "w", bytes)).c_str());
  const Received got = receive(pair.other, 64, 256);
  std::printf("%zu of the most, flags %#x\n", got.descriptors.size(), static_cast<unsigned>(got.flags));
  for (const int descriptor : got.descriptors) close(descriptor);
}

/// Pairs within pairs, each on its way in the one before: closing the first lets go of all of them.
void nested() {
  int outer[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, outer) == 0);
  const int event = eventfd(0, 0);
  CHECK(send_descriptors(outer[0], "n", {event}) == 1);
  int inner[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, inner) == 0);
  CHECK(send_descriptors(inner[0], "n", {outer[0], outer[1]}) == 1);
  close(outer[0]), close(outer[1]), close(inner[1]), close(inner[0]), close(event);
  std::puts("nested");
}

void time_limits() {
  const Pair pair;
  const timeval limit{0, 30000};
  timeval back{};
  socklen_t length = sizeof(back);
  CHECK(setsockopt(pair.one, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
  CHECK(getsockopt(pair.one, SOL_SOCKET, SO_RCVTIMEO, &back, &length) == 0 && back.tv_sec == 0 && back.tv_usec >= 30000);
  char byte;
  CHECK(read(pair.one, &byte, 1) == -1 && errno == EAGAIN);
  CHECK(setsockopt(pair.one, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)) == 0);
  const std::vector<char> much(4 << 20);
  const ssize_t sent = write(pair.one, much.data(), much.size());
  CHECK(sent > 0 && sent < static_cast<ssize_t>(much.size()));
  CHECK(write(pair.one, much.data(), much.size()) == -1 && errno == EAGAIN);
  std::puts("time limits");
}

void threads() {
  const Pair pair;
  std::thread sender([&pair] {
    for (int i = 0; i < 500; ++i) {
      const int event = eventfd(static_cast<unsigned>(i), 0);
      CHECK(send_descriptors(pair.one, "t", {event}) == 1 && close(event) == 0);
    }
  });
  for (int i = 0; i < 500; ++i) {
    const Received got = receive(pair.other);
    eventfd_t value = 0;
    CHECK(got.descriptors.size() == 1 && got.text == "t");
    if (i != 0) CHECK(eventfd_read(got.descriptors[0], &value) == 0 && value == static_cast<eventfd_t>(i));
    close(got.descriptors[0]);
  }
  sender.join();
  std::puts("five hundred");
}

}  // namespace

int main() {
  a_descriptor_arrives();
  what_nobody_takes_is_closed();
  with_which_bytes();
  records();
  room_for_control();
  credentials();
  wrong_ones();
  nested();
  time_limits();
  threads();
}
