// SPDX-License-Identifier: Apache-2.0
//
// Control messages (struct cmsghdr) of IP sockets: when a datagram came, to which of this machine's addresses, with how many hops
// left, what an error was about. All of it is the host's word, checked for its form; the bytes of a control message are made
// here.
#pragma once

#include "abi/socket_control.h"
#include "enclave/net/control_room.h"

namespace sgxx::enclave {

/// What is told of messages that are received: bits of abi::control_kind, and the one below.
using ToldKinds = u32;
inline constexpr ToldKinds kToldMicroseconds = 1u << 31;  // SO_TIMESTAMP, not SO_TIMESTAMPNS

/// What setting this option, to zero or not, makes of `told`. Options that have nothing to do with it leave it.
ToldKinds told_after_option(ToldKinds told, u32 level, u32 name, bool on);
/// Whether the option asks for the time.
bool tells_time(u32 level, u32 name);

/// What a program's control messages say of a message to be sent, as far as datagrams have it; what else stands at the levels of
/// sockets, IP and UDP is refused, and other levels say nothing, as on Linux. EINVAL, EFAULT, ENOBUFS, EOPNOTSUPP.
Outcome<abi::SocketControl> load_packet_control(u64 address, u64 length);

/// Writes what of `control` is among `told` for the program, in the order that Linux has.
Outcome<> store_packet_control(ControlRoom& room, const abi::SocketControl& control, ToldKinds told);

}  // namespace sgxx::enclave
