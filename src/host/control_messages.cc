// SPDX-License-Identifier: Apache-2.0
#include "host/control_messages.h"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/time.h>
#include <time.h>

#include <cstring>

namespace sgxx::host {
namespace {

namespace kind = abi::control_kind;

/// Appends control messages to a header, one behind the other.
class Writer {
 public:
  Writer(ControlRoom& room, msghdr& header) : room_(room), header_(header) {
    room.bytes = {};
    header.msg_control = room.bytes.data();
    header.msg_controllen = 0;
  }
  template <class Data>
  void add(int level, int type, const Data& data) {
    auto* const message = reinterpret_cast<cmsghdr*>(room_.bytes.data() + header_.msg_controllen);
    message->cmsg_level = level;
    message->cmsg_type = type;
    message->cmsg_len = CMSG_LEN(sizeof(data));
    std::memcpy(CMSG_DATA(message), &data, sizeof(data));
    header_.msg_controllen += CMSG_SPACE(sizeof(data));
  }

 private:
  ControlRoom& room_;
  msghdr& header_;
};

/// The data of a message, as far as it is there; zero behind that.
template <class Data>
Data data_of(cmsghdr& message) {
  Data data{};
  std::memcpy(&data, CMSG_DATA(&message), std::min<size_t>(sizeof(data), message.cmsg_len - CMSG_LEN(0)));
  return data;
}

abi::QueuedError error_in(cmsghdr& message) {
  struct {
    sock_extended_err error;
    sockaddr_in6 offender;
  } queued = data_of<decltype(queued)>(message);
  const sock_extended_err& error = queued.error;
  abi::QueuedError told{error.ee_errno, error.ee_origin, error.ee_type, error.ee_code, 0, error.ee_info, error.ee_data, 0, 0, {}};
  told.family = queued.offender.sin6_family;
  if (told.family == AF_INET6) {
    told.scope = queued.offender.sin6_scope_id;
    std::memcpy(told.address.data(), &queued.offender.sin6_addr, sizeof(in6_addr));
  } else if (told.family == AF_INET) {
    std::memcpy(told.address.data(), &reinterpret_cast<const sockaddr_in&>(queued.offender).sin_addr, sizeof(in_addr));
  }
  return told;
}

void read_message(cmsghdr& message, abi::SocketControl& control) {
  const auto is = [&message](int level, int type) { return message.cmsg_level == level && message.cmsg_type == type; };
  const auto add = [&control](u32 what) { control.present |= what; };
  constexpr u64 kSecond = 1'000'000'000;
  if (is(SOL_SOCKET, SO_TIMESTAMP)) {
    const auto time = data_of<timeval>(message);
    control.arrived = static_cast<u64>(time.tv_sec) * kSecond + static_cast<u64>(time.tv_usec) * 1000;
    add(kind::arrival);
  } else if (is(SOL_SOCKET, SO_TIMESTAMPNS)) {
    const auto time = data_of<timespec>(message);
    control.arrived = static_cast<u64>(time.tv_sec) * kSecond + static_cast<u64>(time.tv_nsec);
    add(kind::arrival);
  } else if (is(SOL_IP, IP_PKTINFO)) {
    const auto packet = data_of<in_pktinfo>(message);
    control.interface = static_cast<u32>(packet.ipi_ifindex);
    std::memcpy(control.own_address.data(), &packet.ipi_spec_dst, sizeof(in_addr));
    std::memcpy(control.packet_address.data(), &packet.ipi_addr, sizeof(in_addr));
    add(kind::packet);
  } else if (is(SOL_IPV6, IPV6_PKTINFO)) {
    const auto packet = data_of<in6_pktinfo>(message);
    control.interface6 = packet.ipi6_ifindex;
    std::memcpy(control.packet_address6.data(), &packet.ipi6_addr, sizeof(in6_addr));
    add(kind::packet6);
  } else if (is(SOL_IP, IP_TTL) || is(SOL_IPV6, IPV6_HOPLIMIT)) {
    control.hops = data_of<int>(message);
    add(message.cmsg_level == SOL_IP ? kind::hops : kind::hops6);
  } else if (is(SOL_IP, IP_TOS) || is(SOL_IPV6, IPV6_TCLASS)) {
    control.service = data_of<int>(message);  // one byte of IP_TOS
    add(message.cmsg_level == SOL_IP ? kind::service : kind::service6);
  } else if (is(SOL_UDP, UDP_GRO)) {
    control.segment = static_cast<u32>(data_of<int>(message));
    add(kind::segment);
  } else if (is(SOL_IP, IP_RECVERR) || is(SOL_IPV6, IPV6_RECVERR)) {
    control.error = error_in(message);
    add(message.cmsg_level == SOL_IP ? kind::error : kind::error6);
  }
}

}  // namespace

void write_control(const abi::SocketControl& control, ControlRoom& room, msghdr& header) {
  Writer writer(room, header);
  const auto has = [&control](u32 what) { return (control.present & what) != 0; };
  if (has(kind::packet)) {
    in_pktinfo packet{};
    packet.ipi_ifindex = static_cast<int>(control.interface);
    std::memcpy(&packet.ipi_spec_dst, control.own_address.data(), sizeof(in_addr));
    std::memcpy(&packet.ipi_addr, control.packet_address.data(), sizeof(in_addr));
    writer.add(SOL_IP, IP_PKTINFO, packet);
  }
  if (has(kind::packet6)) {
    in6_pktinfo packet{};
    packet.ipi6_ifindex = control.interface6;
    std::memcpy(&packet.ipi6_addr, control.packet_address6.data(), sizeof(in6_addr));
    writer.add(SOL_IPV6, IPV6_PKTINFO, packet);
  }
  if (has(kind::hops)) writer.add(SOL_IP, IP_TTL, int{control.hops});
  if (has(kind::hops6)) writer.add(SOL_IPV6, IPV6_HOPLIMIT, int{control.hops});
  if (has(kind::service)) writer.add(SOL_IP, IP_TOS, int{control.service});
  if (has(kind::service6)) writer.add(SOL_IPV6, IPV6_TCLASS, int{control.service});
  if (has(kind::segment)) writer.add(SOL_UDP, UDP_SEGMENT, static_cast<u16>(control.segment));
}

abi::SocketControl read_control(msghdr& header) {
  abi::SocketControl control{};
  for (cmsghdr* message = CMSG_FIRSTHDR(&header); message != nullptr; message = CMSG_NXTHDR(&header, message))
    read_message(*message, control);
  return control;
}

}  // namespace sgxx::host
