// SPDX-License-Identifier: Apache-2.0
//
// Socket: an endpoint of TCP, UDP or the Unix domain. The host has it under a handle, and there it never blocks: whether and how
// long a call waits is the enclave's word in each call, so that a call that blocks costs one exit, and a signal ends it.
//
// What comes out of a socket is what the host says. Paths of Unix-domain sockets are the host's.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/net/control.h"
#include "enclave/net/packet_control.h"
#include "enclave/net/resolver.h"
#include "enclave/net/socket_calls.h"

namespace sgxx::enclave {

/// MSG_* of Linux.
namespace message_flag {
inline constexpr u32 out_of_band = 1, peek = 2, dont_route = 4, control_truncated = 8, truncated = 0x20, dont_wait = 0x40,
                     record_end = 0x80, wait_all = 0x100, confirm = 0x800, error_queue = 0x2000, no_signal = 0x4000,
                     more = 0x8000, wait_for_one = 0x10000, fast_open = 0x20000000;
}

/// What a call sends or receives.
struct Message {
  Transfer transfer;
  u32 flags = 0;                         // MSG_* that were asked for
  SocketAddress address;                 // where to, or where from; length 0: none
  u32 answered = 0;                      // MSG_* of the received message
  bool bytes_only = false;               // nobody asks for the two above
  ReceivedControl control = {};          // the files that go along, or what came along
  abi::SocketControl* packet = nullptr;  // what else is said of it, or is to be; nullptr: nothing
};

class Socket : public OpenFile {
 public:
  enum class Type : u8 { stream = 1, datagram = 2, sequenced = 5 };

  /// `flags`: O_NONBLOCK. EACCES without the grant `network`; what Linux says for what is not there.
  static Outcome<FileReference> make(u32 domain, u32 type, u32 protocol, u32 flags);

  Socket(u32 handle, u32 domain, Type type, u32 protocol, u32 flags)
      : OpenFile(FileKind::socket, flags | open_flag::read_write),
        handle_(handle),
        domain_(domain),
        protocol_(protocol),
        type_(type) {}
  ~Socket();

  Outcome<> bind(const SocketAddress& address) { return host::bind(handle_, address); }
  Outcome<> connect(const SocketAddress& address);
  Outcome<> listen(u32 backlog) { return host::listen(handle_, backlog); }
  /// `from`: who it is.
  Outcome<FileReference> accept(u32 flags, SocketAddress& from);
  /// Fills in what goes along with `message`, whose `packet` is there. Nothing of the enclave's can be given to the host.
  Outcome<> control_to_send(Message& message, u64 address, u64 length);
  /// How many bytes went; SIGPIPE where Linux sends it.
  Outcome<u64> send(Message& message);
  /// How many bytes came, or with MSG_TRUNC were there.
  Outcome<u64> receive(Message& message);
  Outcome<> shut_down(u32 how) { return host::shut_down(handle_, how); }
  Outcome<SocketAddress> name(host::Side side);
  /// At most `size` bytes of the value, `size` at most kMostOptionBytes; how many.
  Outcome<u64> get_option(u32 level, u32 name, void* value, u64 size);
  Outcome<> set_option(u32 level, u32 name, u64 address, u64 size);

  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<FileStatus> status();
  Outcome<u64> control(u64 request, u64 argument);
  u32 ready();
  /// What `packet` of a received message may tell.
  ToldKinds told(const Message& message) const;
  /// None from when on the socket talks to the resolver inside.
  u32 handle() const { return resolver_.load() == nullptr ? handle_ : kNoHandle; }

 private:
  Outcome<> use_resolver();
  Outcome<u64> ask_resolver(Message& message);
  Outcome<u64> receive_from_resolver(Message& message);
  bool is_stream() const { return type_ == Type::stream; }
  i64 timeout_for(u32 flags, const std::atomic<i64>& timeout) const;

  u32 handle_;
  u32 domain_;
  u32 protocol_;
  Type type_;
  std::atomic<Resolver*> resolver_{nullptr};
  std::atomic<ToldKinds> told_{0};
  std::atomic<bool> waits_for_readiness_{false};  // has a low-water mark
  std::atomic<i64> receive_timeout_{-1};          // ns, -1: for ever
  std::atomic<i64> send_timeout_{-1};
};

}  // namespace sgxx::enclave
