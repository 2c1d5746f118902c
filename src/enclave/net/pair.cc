// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/pair.h"

#include "enclave/net/control.h"
#include "enclave/net/options.h"
#include "enclave/program_memory.h"
#include "enclave/signal/signals.h"
#include "enclave/string.h"

namespace sgxx::enclave {

PipeEnd::Wait PairedSocket::wait_of(u32 flags) const {
  return (flags & message_flag::dont_wait) != 0 ? PipeEnd::Wait::no : PipeEnd::Wait::yes;
}

Outcome<u64> PairedSocket::send(Message& message) {
  if ((message.flags & message_flag::out_of_band) != 0) return fail(Errno::notsup);
  if (message.address.length != 0) return fail(Errno::isconn);
  const Outcome<> sent = end_.send(message.transfer, wait_of(message.flags), std::move(message.control.files));
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
  message.control.credentials = (end_.options().switches.load() >> socket_option::pass_credentials & 1) != 0;
  u64 record = 0;
  for (;;) {
    const u64 before = transfer.done();
    const Outcome<> received = end_.receive(transfer, peek, wait_of(message.flags), &record, &message.control.files);
    if (!received.ok()) return count_of(transfer, received);
    const bool all = is_stream() && (message.flags & message_flag::wait_all) != 0 && peek == PipeEnd::Peek::no;
    if (!all || transfer.remaining() == 0 || transfer.done() == before) break;
    if (message.control.files.count() != 0) break;
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

namespace {

/// Those that a Unix-domain socket remembers and that, but for SO_PASSCRED, mean nothing to it.
constexpr bool is_switch(u32 name) {
  return name == socket_option::keep_alive || name == socket_option::reuse_address || name == socket_option::broadcast ||
         name == socket_option::pass_credentials;
}

}  // namespace

Outcome<u64> PairedSocket::get_option(u32 level, u32 name, void* value, u64 size) {
  const auto answer = [&](const auto& known) {
    const u64 part = size < sizeof(known) ? size : sizeof(known);
    memcpy(value, &known, part);
    return part;
  };
  PairOptions& options = end_.options();
  if (level != option_level::socket) return fail(Errno::notsup);
  if (is_receive_timeout(name)) return answer(timeval_of(options.receive_timeout.load()));
  if (is_send_timeout(name)) return answer(timeval_of(options.send_timeout.load()));
  if (is_switch(name)) return answer(options.switches.load() >> name & 1);
  switch (name) {
    case socket_option::type: return answer(end_.socket_type());
    case socket_option::domain: return answer(family::local);
    case socket_option::peer_credentials: return answer(own_credentials());
    case socket_option::protocol:
    case socket_option::error:
    case socket_option::accepts_connections: return answer(u32{0});
    default: return fail(Errno::noprotoopt);
  }
}

Outcome<> PairedSocket::set_option(u32 level, u32 name, u64 address, u64 size) {
  PairOptions& options = end_.options();
  if (level != option_level::socket) return fail(Errno::notsup);
  if (is_receive_timeout(name) || is_send_timeout(name)) {
    (is_receive_timeout(name) ? options.receive_timeout : options.send_timeout).store(TRY(load_time_limit(address, size)));
    return {};
  }
  if (size < sizeof(u32)) return fail(Errno::inval);
  const u32 value = TRY(load<u32>(address));
  if (!is_switch(name)) return fail(Errno::noprotoopt);
  const u32 bit = u32{1} << name;
  value != 0 ? options.switches.fetch_or(bit) : options.switches.fetch_and(~bit);
  return {};
}

}  // namespace sgxx::enclave
