// SPDX-License-Identifier: Apache-2.0
//
// A netlink socket (NETLINK_ROUTE) as far as C libraries need one: it answers a request to list the interfaces and their
// addresses, which getifaddrs, if_nameindex and getaddrinfo make. Which there are is the host's word, asked for by one typed
// call; the messages are made here. Nothing can be changed by it, and it tells of no changes.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/lock.h"
#include "enclave/net/socket.h"

namespace sgxx::enclave {

class NetlinkFile : public OpenFile {
 public:
  /// What Linux says for a `type` or `protocol` that is not there; EACCES without the grant `network`.
  static Outcome<FileReference> make(u32 type, u32 protocol, u32 flags);

  NetlinkFile(u32 type, u32 flags) : OpenFile(FileKind::netlink, flags | open_flag::read_write), type_(type) {}
  ~NetlinkFile();

  // As a Socket answers.
  Outcome<> bind(const SocketAddress& address);
  Outcome<> connect(const SocketAddress& address) { return bind_to_kernel(address); }
  Outcome<> listen(u32) { return fail(Errno::notsup); }
  Outcome<FileReference> accept(u32, SocketAddress&) { return fail(Errno::notsup); }
  Outcome<> control_to_send(Message&, u64, u64) { return fail(Errno::notsup); }
  ToldKinds told(const Message&) const { return 0; }
  Outcome<u64> send(Message& message);
  Outcome<u64> receive(Message& message);
  Outcome<> shut_down(u32) { return fail(Errno::notsup); }
  Outcome<SocketAddress> name(host::Side side);
  Outcome<u64> get_option(u32 level, u32 name, void* value, u64 size);
  Outcome<> set_option(u32, u32, u64, u64) { return fail(Errno::noprotoopt); }

  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<FileStatus> status();
  u32 ready();

 private:
  static constexpr u64 kAnswerPages = 8;

  Outcome<> bind_to_kernel(const SocketAddress& address);
  Outcome<u64> receive_now(Message& message);

  u32 type_;
  SpinLock lock_;
  u64 answer_ = 0;  // address of kAnswerPages pages, 0: none yet
  u64 begin_ = 0, end_ = 0;
};

/// ioctls on any socket that ask about interfaces: SIOCGIFCONF, SIOCGIFINDEX, SIOCGIFNAME, SIOCGIFFLAGS, SIOCGIFMTU,
/// SIOCGIFHWADDR, and for addresses of version 4 SIOCGIFADDR, SIOCGIFBRDADDR, SIOCGIFNETMASK. ENODEV, EADDRNOTAVAIL, ENXIO;
/// ENOTTY for others.
Outcome<u64> control_interfaces(u64 request, u64 argument);

}  // namespace sgxx::enclave
