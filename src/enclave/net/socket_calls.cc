// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/socket_calls.h"

#include "enclave/host_reply.h"

namespace sgxx::enclave::host {
namespace {

using abi::HostCallNumber;
using abi::SocketMessage;

constexpr u64 kMostDatagram = 1u << 28;  // bytes that a host may say a message had

/// What the network may tell a socket at any call.
template <Errno... errors>
Outcome<u64> socket_count_or_error(i64 reply, u64 most) {
  return count_or_error<errors..., Errno::badf, Errno::inval, Errno::acces, Errno::perm, Errno::nomem, Errno::nobufs,
                        Errno::connrefused, Errno::connreset, Errno::connaborted, Errno::timedout, Errno::hostunreach,
                        Errno::netunreach, Errno::netdown, Errno::netreset, Errno::hostdown, Errno::nonet, Errno::proto,
                        Errno::noprotoopt, Errno::msgsize, Errno::notsup, Errno::pipe, Errno::notconn>(reply, most);
}

template <Errno... errors>
Outcome<> socket_nothing_or_error(i64 reply) {
  TRY((socket_count_or_error<errors...>(reply, 0)));
  return {};
}

HostAddr bytes_address() { return data_address() + sizeof(SocketMessage); }

void put_address(const SocketAddress& address) {
  const SocketMessage message{address.bytes, address.length, 0, 0};
  copy_out(data_address(), &message, sizeof(message));
}

/// The address that came with a reply. `absent`: whether there may be none.
enum class Absent : bool { never, allowed };
SocketAddress address_in(const SocketMessage& message, u32 domain, Absent absent) {
  SocketAddress address{message.address_length, message.address};
  if (address.length == 0 && absent == Absent::allowed) return address;
  require(address.is_right_for(domain), abi::AbortReason::bad_host_reply);
  return address;
}

u64 at_most_message(u64 length, const abi::SocketControl* control) {
  const u64 most = control != nullptr ? abi::kMostControlledBytes : abi::kMostMessageBytes;
  return length < most ? length : most;
}

/// What the host says of a message: values that there can be, of kinds that there are.
abi::SocketControl control_in(HostAddr address) {
  using namespace abi::control_kind;
  constexpr i32 kMostByte = 255;
  constexpr u32 kMostSegment = 65535;
  constexpr u8 kMostOrigin = 3;  // SO_EE_ORIGIN_ICMP6
  auto control = fetch<abi::SocketControl>(address);
  const auto has = [&control](u32 kinds) { return (control.present & kinds) != 0; };
  const auto is_byte = [](i32 value) { return value >= 0 && value <= kMostByte; };
  const u32 by = control.error.family;
  const bool right = (!has(hops | hops6) || is_byte(control.hops)) && (!has(service | service6) || is_byte(control.service)) &&
                     (!has(segment) || control.segment <= kMostSegment) &&
                     (!has(error | error6) || (control.error.origin <= kMostOrigin &&
                                               (by == family::none || by == family::ip4 || (by == family::ip6 && !has(error)))));
  require(right, abi::AbortReason::bad_host_reply);
  return control;
}

}  // namespace

Outcome<> socket(u32 handle, u32 domain, u32 type, u32 protocol) {
  return socket_nothing_or_error<Errno::afnosupport, Errno::protonosupport, Errno::socktnosupport, Errno::prototype, Errno::mfile,
                                 Errno::nfile>(call(HostCallNumber::socket, handle, domain, type, protocol));
}

Outcome<> bind(u32 handle, const SocketAddress& address) {
  put_address(address);
  return socket_nothing_or_error<Errno::addrinuse, Errno::addrnotavail, Errno::afnosupport, Errno::notdir, Errno::noent,
                                 Errno::nametoolong, Errno::loop, Errno::rofs, Errno::nospc, Errno::nodev, Errno::exist,
                                 Errno::io>(call(HostCallNumber::bind, handle));
}

Outcome<> connect(u32 handle, const SocketAddress& address, i64 timeout) {
  put_address(address);
  return socket_nothing_or_error<Errno::intr, Errno::again, Errno::already, Errno::inprogress, Errno::isconn, Errno::addrinuse,
                                 Errno::addrnotavail, Errno::afnosupport, Errno::prototype, Errno::notdir, Errno::noent,
                                 Errno::nametoolong, Errno::loop, Errno::nodev>(
      call(HostCallNumber::connect, handle, static_cast<u64>(timeout)));
}

Outcome<> listen(u32 handle, u32 backlog) {
  return socket_nothing_or_error<Errno::addrinuse, Errno::destaddrreq>(call(HostCallNumber::listen, handle, backlog));
}

Outcome<SocketAddress> accept(u32 listener, u32 handle, u32 domain, i64 timeout) {
  const i64 reply = call(HostCallNumber::accept, listener, handle, static_cast<u64>(timeout));
  TRY((socket_nothing_or_error<Errno::intr, Errno::again, Errno::mfile, Errno::nfile>(reply)));
  return address_in(fetch<SocketMessage>(data_address()), domain, Absent::never);
}

Outcome<u64> send(u32 handle, Transfer& transfer, u32 flags, const SocketAddress* to, const abi::SocketControl* said,
                  i64 timeout) {
  const u64 length = at_most_message(transfer.remaining(), said);
  Transfer copied = transfer;  // what the host did not take has not been moved
  TRY(copied.from_program(bytes_address(), length));
  if (to != nullptr) put_address(*to);
  if (said != nullptr) copy_out(data_address() + abi::kControlOffset, said, sizeof(*said));
  const u64 along = (to != nullptr ? abi::kSendAddressed : 0) | (said != nullptr ? abi::kSendControlled : 0);
  const i64 reply = call(HostCallNumber::send, handle, length, flags, static_cast<u64>(timeout), along);
  const u64 count = TRY((socket_count_or_error<Errno::intr, Errno::again, Errno::isconn, Errno::destaddrreq, Errno::afnosupport,
                                               Errno::addrnotavail, Errno::prototype, Errno::noent, Errno::notdir,
                                               Errno::nametoolong, Errno::loop, Errno::nodev, Errno::io>(reply, length)));
  TRY(transfer.skip(count));
  return count;
}

Outcome<Received> receive(u32 handle, Transfer& transfer, u32 flags, u32 domain, Boundaries boundaries,
                          abi::SocketControl* control, i64 timeout) {
  constexpr u32 kOutOfBand = 1, kControlTruncated = 8, kTruncated = 0x20, kRecordEnd = 0x80, kErrorQueue = 0x2000;
  const u64 length = at_most_message(transfer.remaining(), control);
  if (control != nullptr) flags |= abi::kReceiveControl;
  const i64 reply = call(HostCallNumber::receive, handle, length, flags, static_cast<u64>(timeout));
  const u64 most = boundaries == Boundaries::yes ? kMostDatagram : length;
  const u64 told = TRY((socket_count_or_error<Errno::intr, Errno::again>(reply, most)));
  const u64 count = told < length ? told : length;
  // A stream's reader is told to throw bytes away by this flag.
  if (boundaries == Boundaries::no && (flags & kTruncated) != 0) {
    TRY(transfer.skip(count));
  } else {
    TRY(transfer.to_program(bytes_address(), count));
  }
  const u32 truncated = told > length ? kTruncated : 0;
  if ((flags & abi::kReceiveBytesOnly) != 0) return Received{told, truncated, {}};
  const auto message = fetch<SocketMessage>(data_address());
  if (control != nullptr) *control = control_in(data_address() + abi::kControlOffset);
  // What was asked for has room.
  const u32 known = message.flags & (kOutOfBand | kRecordEnd | kErrorQueue | (control == nullptr ? kControlTruncated : 0));
  return Received{told, known | truncated, address_in(message, domain, Absent::allowed)};
}

Outcome<> shut_down(u32 handle, u32 how) { return socket_nothing_or_error<>(call(HostCallNumber::shutdown, handle, how)); }

Outcome<SocketAddress> socket_name(u32 handle, Side side, u32 domain) {
  TRY((socket_nothing_or_error<>(call(HostCallNumber::socket_name, handle, static_cast<u64>(side)))));
  return address_in(fetch<SocketMessage>(data_address()), domain, Absent::never);
}

Outcome<u64> socket_get(u32 handle, u32 level, u32 name, void* value, u64 size) {
  const u64 count =
      TRY((socket_count_or_error<Errno::addrnotavail>(call(HostCallNumber::socket_get, handle, level, name, size), size)));
  copy_in(value, data_address(), count);
  return count;
}

Outcome<> socket_set(u32 handle, u32 level, u32 name, const void* value, u64 size) {
  copy_out(data_address(), value, size);
  return socket_nothing_or_error<Errno::dom, Errno::isconn, Errno::nodev, Errno::noent, Errno::addrinuse, Errno::addrnotavail,
                                 Errno::busy>(call(HostCallNumber::socket_set, handle, level, name, size));
}

Outcome<u64> resolve(const char* name, u64 length, u32 family, std::array<abi::HostAddress, abi::kMostHostAddresses>& addresses) {
  copy_out(data_address(), name, length);
  const i64 reply = call(HostCallNumber::resolve, length, family);
  const u64 count = TRY((count_or_error<Errno::intr, Errno::noent, Errno::again>(reply, addresses.size())));
  copy_in(addresses.data(), data_address(), count * sizeof(abi::HostAddress));
  for (u64 i = 0; i < count; ++i) require(addresses[i].family == family, abi::AbortReason::bad_host_reply);
  return count;
}

Outcome<u64> interfaces(std::array<abi::HostInterface, abi::kMostHostInterfaces>& entries) {
  const u64 count = TRY((count_or_error<Errno::nobufs>(call(HostCallNumber::interfaces), entries.size())));
  copy_in(entries.data(), data_address(), count * sizeof(abi::HostInterface));
  for (u64 i = 0; i < count; ++i) {
    const abi::HostInterface& entry = entries[i];
    const bool is_address = entry.family == family::ip4 || entry.family == family::ip6;
    const u32 most_bits = entry.family == family::ip4 ? 32 : 128;
    const bool right = (is_address || entry.family == family::none) && entry.hardware_length <= entry.hardware.size() &&
                       entry.prefix_length <= most_bits && entry.name.back() == 0 && entry.name[0] != 0;
    require(right, abi::AbortReason::bad_host_reply);
  }
  asm volatile("lfence" ::: "memory");  // lengths bound copies: no speculation past their checks
  return count;
}

Outcome<u64> socket_bytes(u32 handle, abi::SocketCount which) {
  constexpr u64 kMost = 0x7fff'ffff;
  return socket_count_or_error<Errno::notty, Errno::nxio>(call(HostCallNumber::socket_bytes, handle, static_cast<u64>(which)),
                                                          kMost);
}

}  // namespace sgxx::enclave::host
