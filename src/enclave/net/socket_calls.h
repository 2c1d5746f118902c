// SPDX-License-Identifier: Apache-2.0
//
// The host calls of sockets, with the checks on their replies as in host_call.h. A `timeout` is how long the host waits where a
// blocking socket would: ns, 0: not at all (EAGAIN), -1: for ever. EINTR when the thread was woken or interrupted.
#pragma once

#include "abi/socket_control.h"
#include "enclave/file/transfer.h"
#include "enclave/net/address.h"

namespace sgxx::enclave::host {

Outcome<> socket(u32 handle, u32 domain, u32 type, u32 protocol);
Outcome<> bind(u32 handle, const SocketAddress& address);
Outcome<> connect(u32 handle, const SocketAddress& address, i64 timeout);
Outcome<> listen(u32 handle, u32 backlog);
/// The connection becomes `handle`; its address, of the listener's `domain`.
Outcome<SocketAddress> accept(u32 listener, u32 handle, u32 domain, i64 timeout);

/// Sends at most kMostMessageBytes; how many bytes went. `to`: nullptr for the connected one.
/// `said`: what else is said of it, nullptr: nothing; then it is at most kMostControlledBytes.
Outcome<u64> send(u32 handle, Transfer& transfer, u32 flags, const SocketAddress* to, const abi::SocketControl* said,
                  i64 timeout);

struct Received {
  u64 length;  // of the message, also when not all of it fitted
  u32 flags;   // MSG_*
  SocketAddress from;
};
/// Receives at most kMostMessageBytes. A stream has no message boundaries: its `length` is at most what was asked.
enum class Boundaries : bool { no, yes };
/// `control`: for what else is said of it, nullptr: nothing is asked; then it is at most kMostControlledBytes.
Outcome<Received> receive(u32 handle, Transfer& transfer, u32 flags, u32 domain, Boundaries boundaries,
                          abi::SocketControl* control, i64 timeout);

Outcome<> shut_down(u32 handle, u32 how);
enum class Side : u64 { own, peer };
Outcome<SocketAddress> socket_name(u32 handle, Side side, u32 domain);
/// Up to `size` bytes of an option's value; how many.
Outcome<u64> socket_get(u32 handle, u32 level, u32 name, void* value, u64 size);
Outcome<> socket_set(u32 handle, u32 level, u32 name, const void* value, u64 size);
/// The addresses of a name in `family`; how many. ENOENT: there is no such name, EAGAIN: nobody can say now.
Outcome<u64> resolve(const char* name, u64 length, u32 family, std::array<abi::HostAddress, abi::kMostHostAddresses>& addresses);
/// The host's interfaces and their addresses, as it says; each name ends, lengths are what they may be. How many. ENOBUFS.
Outcome<u64> interfaces(std::array<abi::HostInterface, abi::kMostHostInterfaces>& entries);
Outcome<u64> socket_bytes(u32 handle, abi::SocketCount which);

}  // namespace sgxx::enclave::host
