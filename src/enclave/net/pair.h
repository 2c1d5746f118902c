// SPDX-License-Identifier: Apache-2.0
//
// An end of a socketpair, answering as a Socket does: what can be asked of a connected Unix-domain socket without a name.
#pragma once

#include "enclave/file/pipe.h"
#include "enclave/net/socket.h"

namespace sgxx::enclave {

class PairedSocket {
 public:
  explicit PairedSocket(PipeEnd& end) : end_(end) {}

  Outcome<> bind(const SocketAddress& address) { return fail(is_name(address) ? Errno::notsup : Errno::inval); }
  Outcome<> connect(const SocketAddress& address) {
    if (!is_name(address)) return fail(Errno::inval);
    return fail(is_stream() ? Errno::isconn : Errno::notsup);
  }
  Outcome<> listen(u32) { return fail(is_datagram() ? Errno::notsup : Errno::inval); }
  Outcome<FileReference> accept(u32, SocketAddress&) { return fail(is_datagram() ? Errno::notsup : Errno::inval); }
  Outcome<> control_to_send(Message& message, u64 address, u64 length) {
    message.control.files = TRY(load_control(address, length));
    return {};
  }
  ToldKinds told(const Message&) const { return 0; }
  Outcome<u64> send(Message& message);
  Outcome<u64> receive(Message& message);
  Outcome<> shut_down(u32 how);
  Outcome<SocketAddress> name(host::Side side);
  Outcome<u64> get_option(u32 level, u32 name, void* value, u64 size);
  Outcome<> set_option(u32 level, u32 name, u64 address, u64 size);

 private:
  static bool is_name(const SocketAddress& address) { return address.family() == family::local && address.length > 2; }
  bool is_stream() const { return end_.socket_type() == PipeEnd::kStreamSocket; }
  bool is_datagram() const { return end_.socket_type() == static_cast<u32>(Socket::Type::datagram); }
  PipeEnd::Wait wait_of(u32 flags) const;
  PipeEnd& end_;
};

}  // namespace sgxx::enclave
