// SPDX-License-Identifier: Apache-2.0
//
// What control messages say of datagrams: to which address they came and with how many hops left, their type of service, when
// they came, what an error was about, how many datagrams one buffer stands for. Sent, they choose these; cut to a small room,
// they say so; wrong ones are refused. Without a control message nothing of this is told.

#include <ctime>
// Needs the one before.
#include <linux/errqueue.h>
#include <netinet/udp.h>
#include <poll.h>
#include <sys/time.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <initializer_list>

#include "network/sockets.h"

using namespace sgxx_test;

namespace {

constexpr size_t kRoom = 512;

struct Received {
  ssize_t count;
  int flags;
  size_t told;  // bytes of control messages
  alignas(cmsghdr) std::array<char, kRoom> control;
};

Received receive(int socket, size_t room = kRoom, int flags = 0) {
  static char buffer[70000];
  Received received{};
  iovec part{buffer, sizeof(buffer)};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = room == 0 ? nullptr : received.control.data();
  header.msg_controllen = room;
  received.count = recvmsg(socket, &header, flags);
  if (received.count < 0) return received;
  received.flags = header.msg_flags;
  received.told = header.msg_controllen;
  return received;
}

/// Zero behind what a small room has cut off.
template <class Data>
Data data_of(cmsghdr* message) {
  Data data{};
  std::memcpy(&data, CMSG_DATA(message), std::min(sizeof(data), message->cmsg_len - CMSG_LEN(0)));
  return data;
}

template <class Address>
std::string text(int family, const Address& address) {
  char buffer[INET6_ADDRSTRLEN] = {};
  CHECK(inet_ntop(family, &address, buffer, sizeof(buffer)) != nullptr);
  return buffer;
}

bool is_now(const timespec& time) {
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return time.tv_nsec >= 0 && time.tv_nsec < 1'000'000'000 && now.tv_sec - time.tv_sec >= -5 && now.tv_sec - time.tv_sec < 5;
}

void show_error(const sock_extended_err& error, const sockaddr* offender) {
  std::printf("%s, origin %d, type %d, code %d, from ", strerrorname_np(static_cast<int>(error.ee_errno)), error.ee_origin,
              error.ee_type, error.ee_code);
  if (offender->sa_family == AF_INET) {
    std::puts(text(AF_INET, reinterpret_cast<const sockaddr_in*>(offender)->sin_addr).c_str());
  } else if (offender->sa_family == AF_INET6) {
    std::puts(text(AF_INET6, reinterpret_cast<const sockaddr_in6*>(offender)->sin6_addr).c_str());
  } else {
    std::puts("nobody");
  }
}

void show_message(cmsghdr* message) {
  const int level = message->cmsg_level, type = message->cmsg_type;
  std::printf("  level %d, type %d, %zu bytes: ", level, type, static_cast<size_t>(message->cmsg_len));
  if (level == SOL_SOCKET && type == SO_TIMESTAMP) {
    const auto time = data_of<timeval>(message);
    std::puts(is_now({time.tv_sec, time.tv_usec * 1000}) ? "now" : "not now");
  } else if (level == SOL_SOCKET && type == SO_TIMESTAMPNS) {
    std::puts(is_now(data_of<timespec>(message)) ? "now" : "not now");
  } else if (level == IPPROTO_IP && type == IP_PKTINFO) {
    const auto info = data_of<in_pktinfo>(message);
    std::printf("to %s, by %s, interface %d\n", text(AF_INET, info.ipi_addr).c_str(), text(AF_INET, info.ipi_spec_dst).c_str(),
                info.ipi_ifindex);
  } else if (level == IPPROTO_IPV6 && type == IPV6_PKTINFO) {
    const auto info = data_of<in6_pktinfo>(message);
    std::printf("to %s, interface %u\n", text(AF_INET6, info.ipi6_addr).c_str(), info.ipi6_ifindex);
  } else if (level == IPPROTO_IP && type == IP_TOS) {
    std::printf("%d\n", data_of<unsigned char>(message));
  } else if (level == IPPROTO_IP && type == IP_RECVERR) {
    show_error(data_of<sock_extended_err>(message), SO_EE_OFFENDER(reinterpret_cast<sock_extended_err*>(CMSG_DATA(message))));
  } else if (level == IPPROTO_IPV6 && type == IPV6_RECVERR) {
    show_error(data_of<sock_extended_err>(message), SO_EE_OFFENDER(reinterpret_cast<sock_extended_err*>(CMSG_DATA(message))));
  } else {
    std::printf("%d\n", data_of<int>(message));
  }
}

void show(const char* what, Received received) {
  std::printf("%s: %zd, flags %#x, %zu bytes of control\n", what, received.count, received.flags, received.told);
  msghdr header{};
  header.msg_control = received.control.data();
  header.msg_controllen = received.told;
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr; message = CMSG_NXTHDR(&header, message))
    show_message(message);
}

void set(int socket, int level, int name, int value = 1) {
  CHECK(setsockopt(socket, level, name, &value, sizeof(value)) == 0);
  int back = -1;
  socklen_t length = sizeof(back);
  CHECK(getsockopt(socket, level, name, &back, &length) == 0 && back == value);
}

/// Control messages to send.
class Control {
 public:
  template <class Data>
  Control& add(int level, int type, const Data& data, size_t length = CMSG_LEN(sizeof(Data))) {
    const cmsghdr header{length, level, type};
    std::memcpy(bytes_.data() + used_, &header, sizeof(header));
    std::memcpy(bytes_.data() + used_ + CMSG_LEN(0), &data, sizeof(data));
    used_ += CMSG_SPACE(sizeof(data));
    return *this;
  }
  template <class Address>
  ssize_t send(int socket, const Address& to, size_t length = 4, int flags = 0) {
    static char text[70000];
    iovec part{text, length};
    msghdr header{};
    header.msg_name = const_cast<Address*>(&to);
    header.msg_namelen = sizeof(to);
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    header.msg_control = bytes_.data();
    header.msg_controllen = used_;
    return sendmsg(socket, &header, flags);
  }

 private:
  alignas(cmsghdr) std::array<char, 256> bytes_{};
  size_t used_ = 0;
};

void show_sent(const char* what, ssize_t result) {
  std::printf("%s: %zd %s\n", what, result, result < 0 ? strerrorname_np(errno) : "");
}

in_pktinfo packet_from(const char* address) {
  in_pktinfo info{};
  CHECK(inet_pton(AF_INET, address, &info.ipi_spec_dst) == 1);
  return info;
}

void version_4() {
  const int here = bound(SOCK_DGRAM), there = socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  CHECK(bind(there, generic(any), sizeof(any)) == 0);
  const sockaddr_in to = loopback(ntohs(own_name(there).sin_port));
  CHECK(Control().send(here, to) == 4);
  show("nothing asked", receive(there));
  set(there, IPPROTO_IP, IP_PKTINFO);
  set(there, IPPROTO_IP, IP_RECVTTL);
  set(there, IPPROTO_IP, IP_RECVTOS);
  CHECK(Control().send(here, to) == 4);
  show("all", receive(there, kRoom, MSG_PEEK));
  show("in little room", receive(there, CMSG_LEN(sizeof(in_pktinfo)) + 20, MSG_PEEK));
  show("in less", receive(there, 20, MSG_PEEK));
  show("in a header's", receive(there, 16, MSG_PEEK));
  show("in none", receive(there, 0));
  set(here, IPPROTO_IP, IP_TTL, 9);
  set(here, IPPROTO_IP, IP_TOS, 0x20);
  CHECK(Control().send(here, to) == 4);
  show("with the socket's", receive(there));
  CHECK(Control().add(IPPROTO_IP, IP_TTL, 33).add(IPPROTO_IP, IP_TOS, 0x48).send(here, to) == 4);
  show("with the message's", receive(there));
  CHECK(Control().add(IPPROTO_IP, IP_TOS, static_cast<unsigned char>(0x10)).send(here, to) == 4);
  show("with a byte", receive(there));
  // The sender's address is chosen from those of this machine.
  const int anywhere = socket(AF_INET, SOCK_DGRAM, 0);
  CHECK(Control().add(IPPROTO_IP, IP_PKTINFO, packet_from("127.0.0.7")).send(anywhere, to) == 4);
  sockaddr_in from{};
  socklen_t length = sizeof(from);
  char byte = 0;
  CHECK(recvfrom(there, &byte, 1, 0, generic(from), &length) == 1);
  std::printf("from %s\n", text(AF_INET, from.sin_addr).c_str());
  set(there, IPPROTO_IP, IP_PKTINFO, 0);
  set(there, IPPROTO_IP, IP_RECVTOS, 0);
  set(there, SOL_SOCKET, SO_TIMESTAMPNS);
  CHECK(Control().send(here, to) == 4);
  show("with the time", receive(there));
  set(there, SOL_SOCKET, SO_TIMESTAMP);
  CHECK(Control().send(here, to) == 4);
  show("with the time in microseconds", receive(there));
  set(there, SOL_SOCKET, SO_TIMESTAMP, 0);
  mmsghdr many[2] = {};
  iovec part{&byte, 1};
  alignas(cmsghdr) char rooms[2][64];
  for (int i = 0; i < 2; ++i) {
    many[i].msg_hdr.msg_iov = &part;
    many[i].msg_hdr.msg_iovlen = 1;
    many[i].msg_hdr.msg_control = rooms[i];
    many[i].msg_hdr.msg_controllen = sizeof(rooms[i]);
    CHECK(Control().add(IPPROTO_IP, IP_TTL, 40 + i).send(here, to) == 4);
  }
  CHECK(recvmmsg(there, many, 2, 0, nullptr) == 2);
  for (mmsghdr& one : many) std::printf("%d\n", data_of<int>(CMSG_FIRSTHDR(&one.msg_hdr)));

  show_sent("no hops", Control().add(IPPROTO_IP, IP_TTL, 0).send(here, to));
  show_sent("too many", Control().add(IPPROTO_IP, IP_TTL, 256).send(here, to));
  show_sent("too short", Control().add(IPPROTO_IP, IP_TTL, 33, CMSG_LEN(2)).send(here, to));
  show_sent("service", Control().add(IPPROTO_IP, IP_TOS, 256).send(here, to));
  show_sent("short packet", Control().add(IPPROTO_IP, IP_PKTINFO, 1).send(here, to));
  show_sent("unknown", Control().add(IPPROTO_IP, 99, 1).send(here, to));
  show_sent("shorter than a header", Control().add(IPPROTO_IP, IP_TTL, 33, 15).send(here, to));
  show_sent("longer than all", Control().add(IPPROTO_IP, IP_TTL, 33, 400).send(here, to));
  show_sent("another's level", Control().add(99, 1, 1).send(here, to));
  show_sent("not ours", Control().add(IPPROTO_IP, IP_PKTINFO, packet_from("192.0.2.1")).send(anywhere, to));
  for (int socket : {here, there, anywhere}) close(socket);
}

void version_6() {
  const int here = socket(AF_INET6, SOCK_DGRAM, 0), there = socket(AF_INET6, SOCK_DGRAM, 0);
  sockaddr_in6 any{};
  any.sin6_family = AF_INET6;
  CHECK(bind(there, generic(any), sizeof(any)) == 0);
  const sockaddr_in6 to = loopback6(ntohs(own_name<sockaddr_in6>(there).sin6_port));
  set(there, IPPROTO_IPV6, IPV6_RECVPKTINFO);
  set(there, IPPROTO_IPV6, IPV6_RECVHOPLIMIT);
  set(there, IPPROTO_IPV6, IPV6_RECVTCLASS);
  set(there, IPPROTO_IP, IP_PKTINFO);
  set(there, SOL_SOCKET, SO_TIMESTAMPNS);
  CHECK(Control().send(here, to) == 4);
  show("version 6", receive(there));
  CHECK(Control().add(IPPROTO_IPV6, IPV6_HOPLIMIT, 7).add(IPPROTO_IPV6, IPV6_TCLASS, 0x20).send(here, to) == 4);
  show("with the message's", receive(there));
  in6_pktinfo info{};
  info.ipi6_addr = in6addr_loopback;
  CHECK(Control().add(IPPROTO_IPV6, IPV6_PKTINFO, info).add(IPPROTO_IPV6, IPV6_HOPLIMIT, -1).send(here, to) == 4);
  show("with an address", receive(there));
  const int version4 = bound(SOCK_DGRAM);
  CHECK(Control().send(version4, loopback(ntohs(to.sin6_port))) == 4);
  show("from version 4", receive(there));
  show_sent("hops", Control().add(IPPROTO_IPV6, IPV6_HOPLIMIT, 256).send(here, to));
  show_sent("class", Control().add(IPPROTO_IPV6, IPV6_TCLASS, -2).send(here, to));
  show_sent("short packet", Control().add(IPPROTO_IPV6, IPV6_PKTINFO, 1).send(here, to));
  show_sent("unknown", Control().add(IPPROTO_IPV6, 200, 1).send(here, to));
  for (int socket : {here, there, version4}) close(socket);
}

/// A datagram to a port where nobody is.
template <class Address>
void errors(const char* what, int family, int level, int name, Address to) {
  const int unused = socket(family, SOCK_DGRAM, 0), here = socket(family, SOCK_DGRAM, 0);
  CHECK(bind(unused, generic(to), sizeof(to)) == 0);
  to = own_name<Address>(unused);
  close(unused);
  set(here, level, name);
  CHECK(connect(here, generic(to), sizeof(to)) == 0);
  CHECK(send(here, "x", 1, 0) == 1);
  pollfd entry{here, 0, 0};
  CHECK(poll(&entry, 1, 5000) == 1 && (entry.revents & POLLERR) != 0);
  show(what, receive(here, kRoom, MSG_ERRQUEUE));
  CHECK(receive(here, kRoom, MSG_ERRQUEUE).count == -1 && errno == EAGAIN);
  close(here);
}

void segments() {
  const int here = bound(SOCK_DGRAM), there = bound(SOCK_DGRAM), plain = bound(SOCK_DGRAM);
  const sockaddr_in to = own_name(there), to_plain = own_name(plain);
  CHECK(Control().add(SOL_UDP, UDP_SEGMENT, static_cast<uint16_t>(1000)).send(here, to_plain, 2500) == 2500);
  for (int i = 0; i < 3; ++i) show("segment", receive(plain));
  set(here, SOL_UDP, UDP_SEGMENT, 700);
  CHECK(Control().send(here, to_plain, 1000) == 1000);
  for (int i = 0; i < 2; ++i) show("segment of the socket's", receive(plain));
  set(there, SOL_UDP, UDP_GRO);
  set(there, IPPROTO_IP, IP_RECVTTL);
  CHECK(Control().add(SOL_UDP, UDP_SEGMENT, static_cast<uint16_t>(1200)).send(here, to, 60000) == 60000);
  show("joined", receive(there));
  show_sent("half a size", Control().add(SOL_UDP, UDP_SEGMENT, 'x').send(here, to));
  show_sent("unknown", Control().add(SOL_UDP, 99, 1).send(here, to));
  show_sent("too many segments", Control().add(SOL_UDP, UDP_SEGMENT, static_cast<uint16_t>(1)).send(here, to, 60000));
  for (int socket : {here, there, plain}) close(socket);
}

void streams() {
  Connection tcp;
  set(tcp.server, SOL_SOCKET, SO_TIMESTAMPNS);
  // The kernel begins to look at the clock some time after the first who wants to know it.
  Received received{};
  for (int i = 0; i < 100 && received.told == 0; ++i) {
    usleep(1000 * i);
    CHECK(write(tcp.client, "abcd", 4) == 4);
    received = receive(tcp.server);
  }
  show("stream", received);
}

}  // namespace

int main() {
  version_4();
  version_6();
  errors("error", AF_INET, IPPROTO_IP, IP_RECVERR, loopback());
  errors("error of version 6", AF_INET6, IPPROTO_IPV6, IPV6_RECVERR, loopback6());
  segments();
  streams();
}
