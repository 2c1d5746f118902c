// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/packet_control.h"

#include "enclave/net/address.h"
#include "enclave/net/options.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

namespace kind = abi::control_kind;

// Types of control messages, and the options that ask for them.
constexpr u32 kTimestamp = 29, kTimestampNanoseconds = 35;                                                  // SOL_SOCKET
constexpr u32 kTos = 1, kTtl = 2, kPacketInfo = 8, kReceiveError = 11, kReceiveTtl = 12, kReceiveTos = 13;  // SOL_IP
constexpr u32 kReceiveError6 = 25, kReceivePacketInfo6 = 49, kPacketInfo6 = 50, kReceiveHops6 = 51, kHops6 = 52,
              kReceiveClass6 = 66, kClass6 = 67;      // SOL_IPV6
constexpr u32 kSegment = 103, kGenericReceive = 104;  // SOL_UDP

/// struct in_pktinfo.
struct PacketInfo {
  u32 interface;
  std::array<u8, 4> own_address, address;
};
/// struct in6_pktinfo.
struct PacketInfo6 {
  std::array<u8, 16> address;
  u32 interface;
};

/// struct sock_extended_err.
struct ExtendedError {
  u32 number;
  u8 origin, type, code, pad;
  u32 information, data;
};
/// What comes with IP_RECVERR: struct sockaddr_in behind the error.
struct Error4 {
  ExtendedError error;
  u16 family, port;
  std::array<u8, 4> address;
  u64 zero;
};
static_assert(sizeof(Error4) == 32);
/// And struct sockaddr_in6.
struct Error6 {
  ExtendedError error;
  u16 family, port;
  u32 flow;
  std::array<u8, 16> address;
  u32 scope;
};
static_assert(sizeof(Error6) == 44);

ToldKinds kind_of_option(u32 level, u32 name) {
  switch (level) {
    case option_level::ip:
      return name == kPacketInfo ? kind::packet : name == kReceiveTtl ? kind::hops : name == kReceiveTos ? kind::service : 0;
    case option_level::ip6:
      return name == kReceivePacketInfo6 ? kind::packet6
             : name == kReceiveHops6     ? kind::hops6
             : name == kReceiveClass6    ? kind::service6
                                         : 0;
    case option_level::udp: return name == kGenericReceive ? kind::segment : 0;
    default: return 0;
  }
}

template <class Data>
Outcome<Data> whole(u64 address, u64 length) {
  if (length != sizeof(Data)) return fail(Errno::inval);
  return load<Data>(address);
}

Outcome<> check_between(i32 value, i32 least) { return value < least || value > 255 ? fail(Errno::inval) : Outcome<>{}; }

Outcome<> load_ip(abi::SocketControl& control, u32 type, u64 address, u64 length) {
  if (type == kPacketInfo) {
    const auto info = TRY(whole<PacketInfo>(address, length));
    control.interface = info.interface;
    control.own_address = info.own_address;
    control.packet_address = info.address;
    control.present |= kind::packet;
  } else if (type == kTtl) {
    control.hops = TRY(whole<i32>(address, length));
    TRY(check_between(control.hops, 1));
    control.present |= kind::hops;
  } else if (type == kTos) {
    control.service = length == 1 ? TRY(load<u8>(address)) : TRY(whole<i32>(address, length));
    TRY(check_between(control.service, 0));
    control.present |= kind::service;
  } else {
    return fail(Errno::inval);
  }
  return {};
}

Outcome<> load_ip6(abi::SocketControl& control, u32 type, u64 address, u64 length) {
  if (type == kPacketInfo6) {
    const auto info = TRY(whole<PacketInfo6>(address, length));
    control.packet_address6 = info.address;
    control.interface6 = info.interface;
    control.present |= kind::packet6;
  } else if (type == kHops6) {
    control.hops = TRY(whole<i32>(address, length));
    TRY(check_between(control.hops, -1));
    control.present |= kind::hops6;
  } else if (type == kClass6) {
    control.service = TRY(whole<i32>(address, length));
    TRY(check_between(control.service, -1));
    control.present |= kind::service6;
  } else {
    return fail(Errno::inval);
  }
  return {};
}

Outcome<> load_udp(abi::SocketControl& control, u32 type, u64 address, u64 length) {
  if (type != kSegment) return fail(Errno::inval);
  control.segment = TRY(whole<u16>(address, length));
  control.present |= kind::segment;
  return {};
}

Outcome<> store_arrival(ControlRoom& room, u64 arrived, ToldKinds told) {
  constexpr u64 kMicrosecond = 1000;
  const bool micro = (told & kToldMicroseconds) != 0;
  const u64 rest = arrived % kNanosecondsPerSecond;
  const std::array<u64, 2> time{arrived / kNanosecondsPerSecond, micro ? rest / kMicrosecond : rest};
  return room.put(option_level::socket, micro ? kTimestamp : kTimestampNanoseconds, &time, sizeof(time));
}

ExtendedError extended(const abi::QueuedError& error) {
  return {error.number, error.origin, error.type, error.code, 0, error.information, error.data};
}

Outcome<> store_error(ControlRoom& room, const abi::QueuedError& error) {
  Error4 told{extended(error), static_cast<u16>(error.family), 0, {}, 0};
  for (u64 i = 0; i < told.address.size(); ++i) told.address[i] = error.address[i];
  return room.put(option_level::ip, kReceiveError, &told, sizeof(told));
}

Outcome<> store_error6(ControlRoom& room, const abi::QueuedError& error) {
  const Error6 told{extended(error), static_cast<u16>(error.family), 0, 0, error.address, error.scope};
  return room.put(option_level::ip6, kReceiveError6, &told, sizeof(told));
}

}  // namespace

bool tells_time(u32 level, u32 name) {
  return level == option_level::socket && (name == kTimestamp || name == kTimestampNanoseconds);
}

ToldKinds told_after_option(ToldKinds told, u32 level, u32 name, bool on) {
  if (tells_time(level, name)) {
    told &= ~(kind::arrival | kToldMicroseconds);
    if (!on) return told;
    return told | kind::arrival | (name == kTimestamp ? kToldMicroseconds : 0);
  }
  const ToldKinds one = kind_of_option(level, name);
  return on ? told | one : told & ~one;
}

Outcome<abi::SocketControl> load_packet_control(u64 address, u64 length) {
  abi::SocketControl control{};
  const auto load_one = [&control](const ControlHeader& header, u64 data, u64 data_length) -> Outcome<> {
    switch (header.level) {
      case option_level::socket: return fail(Errno::notsup);
      case option_level::ip: return load_ip(control, header.type, data, data_length);
      case option_level::ip6: return load_ip6(control, header.type, data, data_length);
      case option_level::udp: return load_udp(control, header.type, data, data_length);
      default: return {};
    }
  };
  TRY(for_each_control(address, length, load_one));
  return control;
}

Outcome<> store_packet_control(ControlRoom& room, const abi::SocketControl& control, ToldKinds told) {
  const auto has = [&](u32 what) { return (control.present & told & what) != 0; };
  const i32 hops = control.hops, service = control.service, segment = static_cast<i32>(control.segment);
  if (has(kind::arrival)) TRY(store_arrival(room, control.arrived, told));
  if (has(kind::segment)) TRY(room.put(option_level::udp, kGenericReceive, &segment, sizeof(segment)));
  if (has(kind::packet6)) {
    const PacketInfo6 info{control.packet_address6, control.interface6};
    TRY(room.put(option_level::ip6, kPacketInfo6, &info, sizeof(info)));
  }
  if (has(kind::packet)) {
    const PacketInfo info{control.interface, control.own_address, control.packet_address};
    TRY(room.put(option_level::ip, kPacketInfo, &info, sizeof(info)));
  }
  if (has(kind::hops)) TRY(room.put(option_level::ip, kTtl, &hops, sizeof(hops)));
  if (has(kind::service)) TRY(room.put(option_level::ip, kTos, &service, 1));
  if (has(kind::hops6)) TRY(room.put(option_level::ip6, kHops6, &hops, sizeof(hops)));
  if (has(kind::service6)) TRY(room.put(option_level::ip6, kClass6, &service, sizeof(service)));
  if (has(kind::error)) TRY(store_error(room, control.error));
  if (has(kind::error6)) TRY(store_error6(room, control.error));
  return {};
}

}  // namespace sgxx::enclave
