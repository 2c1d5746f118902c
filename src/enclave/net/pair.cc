// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/pair.h"

#include "enclave/net/options.h"
#include "enclave/signal/signals.h"
#include "enclave/string.h"

namespace sgxx::enclave {

PipeEnd::Wait PairedSocket::wait_of(u32 flags) const {
  return (flags & message_flag::dont_wait) != 0 ? PipeEnd::Wait::no : PipeEnd::Wait::yes;
}

Outcome<u64> PairedSocket::send(Message& message) {
  if ((message.flags & message_flag::out_of_band) != 0) return fail(Errno::notsup);
  if (message.address.length != 0) return fail(Errno::isconn);
  const Outcome<> sent = end_.send(message.transfer, wait_of(message.flags));
  const bool broken = !sent.ok() && sent.error() == Errno::pipe && message.transfer.done() == 0;
  if (broken && is_stream() && (message.flags & message_flag::no_signal) == 0) {
    send_signal(&current(), sig::pipe, si::kernel, 0);
  }
  return count_of(message.transfer, sent);
}

Outcome<u64> PairedSocket::receive(Message& message) {
  if ((message.flags & message_flag::out_of_band) != 0) return fail(Errno::notsup);
  if ((message.flags & message_flag::error_queue) != 0) return fail(Errno::again);
  Transfer& transfer = message.transfer;
  const auto peek = (message.flags & message_flag::peek) != 0 ? PipeEnd::Peek::yes : PipeEnd::Peek::no;
  const u64 asked = transfer.remaining();
  u64 record = 0;
  for (;;) {
    const u64 before = transfer.done();
    const Outcome<> received = end_.receive(transfer, peek, wait_of(message.flags), &record);
    if (!received.ok()) return count_of(transfer, received);
    const bool all = is_stream() && (message.flags & message_flag::wait_all) != 0 && peek == PipeEnd::Peek::no;
    if (!all || transfer.remaining() == 0 || transfer.done() == before) break;
  }
  if (is_stream() || record <= asked) return transfer.done();
  message.answered = message_flag::truncated;
  return (message.flags & message_flag::truncated) != 0 ? record : transfer.done();
}

Outcome<> PairedSocket::shut_down(u32 how) {
  constexpr u32 kBoth = 2;
  if (how > kBoth) return fail(Errno::inval);
  end_.shut_down(how);
  return {};
}

Outcome<SocketAddress> PairedSocket::name(host::Side) {
  SocketAddress unnamed;
  unnamed.length = 2;
  unnamed.bytes[0] = static_cast<u8>(family::local);
  return unnamed;
}

Outcome<u64> PairedSocket::get_option(u32 level, u32 name, void* value, u64 size) {
  u32 answer = 0;
  if (level != option_level::socket) return fail(Errno::notsup);
  switch (name) {
    case socket_option::type: answer = end_.socket_type(); break;
    case socket_option::domain: answer = family::local; break;
    case socket_option::protocol:
    case socket_option::error:
    case socket_option::accepts_connections: break;
    default: return fail(Errno::noprotoopt);
  }
  const u64 part = size < sizeof(answer) ? size : sizeof(answer);
  memcpy(value, &answer, part);
  return part;
}

}  // namespace sgxx::enclave
