// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/socket.h"

#include "enclave/file/events.h"
#include "enclave/host_handles.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/net/netlink.h"
#include "enclave/net/options.h"
#include "enclave/program_memory.h"
#include "enclave/signal/signals.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kSentToHost =
    message_flag::out_of_band | message_flag::dont_route | message_flag::record_end | message_flag::confirm | message_flag::more;
constexpr u32 kAskedOfHost =
    message_flag::out_of_band | message_flag::peek | message_flag::truncated | message_flag::wait_all | message_flag::error_queue;
constexpr u32 kTcp = 6, kUdp = 17;

/// Calls `attempt(timeout)` again as long as what ended it was no signal for this thread.
template <class Attempt>
auto wait_for(i64 timeout, Attempt attempt) -> decltype(attempt(timeout)) {
  const u64 deadline = timeout < 0 ? kForever : (timeout == 0 ? 0 : deadline_after(static_cast<u64>(timeout)));
  for (i64 left = timeout;; left = timeout_until(deadline)) {
    auto outcome = attempt(left);
    if (outcome.ok() || outcome.error() != Errno::intr) return outcome;
    // Linux starts a call again only when it has no time limit of its own.
    if (has_deliverable_signal(current())) return fail(timeout < 0 ? Errno::restart : Errno::intr);
  }
}

/// A handle that is given back unless the host has made use of it.
class NewHandle {
 public:
  explicit NewHandle(u32 handle) : handle_(handle) {}
  NewHandle(const NewHandle&) = delete;
  NewHandle& operator=(const NewHandle&) = delete;
  ~NewHandle() {
    if (handle_ == OpenFile::kNoHandle) return;
    opened_ ? close_handle(handle_) : give_handle(handle_);
  }
  u32 number() const { return handle_; }
  void opened() { opened_ = true; }
  u32 take() { return std::exchange(handle_, OpenFile::kNoHandle); }

 private:
  u32 handle_;
  bool opened_ = false;
};

Outcome<FileReference> socket_of(NewHandle& handle, u32 domain, Socket::Type type, u32 protocol, u32 flags) {
  handle.opened();
  Socket* const socket = TRY(create<Socket>(handle.number(), domain, type, protocol, flags));
  handle.take();
  return FileReference(socket);
}

/// nscd, which static C libraries ask for names before they look for themselves. There is one source of names here.
bool is_name_service_cache(const SocketAddress& address) {
  constexpr char kPath[] = "/var/run/nscd/socket";
  return address.family() == family::local && address.length > sizeof(kPath) &&
         memcmp(&address.bytes[2], kPath, sizeof(kPath)) == 0;
}

/// What a process without privileges is told.
Outcome<> check_kind(u32 domain, u32 type) {
  constexpr u32 kRaw = 3, kMostTypes = 10;
  if (type > kMostTypes) return fail(Errno::inval);
  if (domain == family::packet) return fail(Errno::perm);
  if (domain != family::local && domain != family::ip4 && domain != family::ip6) return fail(Errno::afnosupport);
  if (type == kRaw && domain != family::local) return fail(Errno::perm);
  const bool known = type == static_cast<u32>(Socket::Type::stream) || type == static_cast<u32>(Socket::Type::datagram) ||
                     (type == static_cast<u32>(Socket::Type::sequenced) && domain == family::local);
  if (!known) return fail(Errno::socktnosupport);
  return {};
}

}  // namespace

Outcome<FileReference> Socket::make(u32 domain, u32 type, u32 protocol, u32 flags) {
  TRY(check_kind(domain, type));
  if ((enclave_config.grants & abi::grant::network) == 0) return fail(Errno::acces);
  NewHandle handle(TRY(take_handle()));
  TRY(host::socket(handle.number(), domain, type, protocol));
  const auto kind = static_cast<Type>(type);
  if (protocol == 0 && domain != family::local) protocol = kind == Type::stream ? kTcp : kUdp;
  return socket_of(handle, domain, kind, protocol, flags);
}

Socket::~Socket() {
  close_handle(handle_);
  if (Resolver* const resolver = resolver_.load(); resolver != nullptr) destroy(resolver);
}

/// From now on the socket is the resolver's alone: of the host's it keeps the name.
Outcome<> Socket::use_resolver() {
  Resolver* none = nullptr;
  if (resolver_.load() != nullptr) return {};
  Resolver* const made = TRY(create<Resolver>());
  if (!resolver_.compare_exchange_strong(none, made)) destroy(made);
  return {};
}

Outcome<u64> Socket::ask_resolver(Message& message) {
  Transfer& transfer = message.transfer;
  const u64 length = transfer.remaining();
  TRY(wait_for(-1, [&](i64) { return resolver_.load()->ask(transfer); }));
  Wakes wakes;
  notify(*this, wakes);
  return length;
}

Outcome<u64> Socket::receive_from_resolver(Message& message) {
  Transfer& transfer = message.transfer;
  const bool keep = (message.flags & message_flag::peek) != 0;
  const auto attempt = [&] { return resolver_.load()->take(transfer, keep); };
  const u64 length = TRY((message.flags & message_flag::dont_wait) != 0 ? attempt() : block_on(*this, kForever, attempt));
  message.address = resolver_address();
  if (length > transfer.done()) message.answered = message_flag::truncated;
  return (message.flags & message_flag::truncated) != 0 ? length : transfer.done();
}

u32 Socket::ready() {
  Resolver* const resolver = resolver_.load();
  if (resolver == nullptr) return 0;
  const u32 writable = poll_event::out | poll_event::write_normal;
  return resolver->next_length() != 0 ? writable | poll_event::in | poll_event::read_normal : writable;
}

Outcome<SocketAddress> Socket::name(host::Side side) {
  if (side == host::Side::peer && resolver_.load() != nullptr) return resolver_address();
  return host::socket_name(handle_, side, domain_);
}

i64 Socket::timeout_for(u32 flags, const std::atomic<i64>& timeout) const {
  return is_nonblocking() || (flags & message_flag::dont_wait) != 0 ? 0 : timeout.load(std::memory_order_relaxed);
}

Outcome<> Socket::connect(const SocketAddress& address) {
  if (type_ == Type::datagram && is_resolver(address)) return use_resolver();
  if (is_name_service_cache(address)) return fail(Errno::noent);
  return wait_for(timeout_for(0, send_timeout_), [&](i64 left) { return host::connect(handle_, address, left); });
}

Outcome<FileReference> Socket::accept(u32 flags, SocketAddress& from) {
  if (type_ == Type::datagram) return fail(Errno::notsup);
  NewHandle handle(TRY(take_handle()));
  from = TRY(wait_for(timeout_for(0, receive_timeout_),
                      [&](i64 left) { return host::accept(handle_, handle.number(), domain_, left); }));
  return socket_of(handle, domain_, type_, protocol_, flags);
}

Outcome<> Socket::control_to_send(Message& message, u64 address, u64 length) {
  if (domain_ == family::local) return fail(Errno::notsup);
  *message.packet = TRY(load_packet_control(address, length));
  if (is_stream()) message.packet->present = 0;  // has no say there
  return {};
}

ToldKinds Socket::told(const Message& message) const {
  const bool errors = (message.flags & message_flag::error_queue) != 0;
  return told_.load(std::memory_order_relaxed) | (errors ? abi::control_kind::error | abi::control_kind::error6 : 0);
}

Outcome<u64> Socket::send(Message& message) {
  if ((message.flags & message_flag::fast_open) != 0) return fail(Errno::notsup);
  Transfer& transfer = message.transfer;
  const abi::SocketControl* const said = message.packet != nullptr && message.packet->present != 0 ? message.packet : nullptr;
  const u64 most = said != nullptr ? abi::kMostControlledBytes : abi::kMostMessageBytes;
  if (!is_stream() && transfer.remaining() > most) return fail(Errno::msgsize);
  const SocketAddress* const to = message.address.length != 0 ? &message.address : nullptr;
  if (type_ == Type::datagram && to != nullptr && is_resolver(*to)) TRY(use_resolver());
  if (resolver_.load() != nullptr) return ask_resolver(message);
  const i64 timeout = timeout_for(message.flags, send_timeout_);
  Outcome<> ended;
  do {
    const u64 part = transfer.remaining() < most ? transfer.remaining() : most;
    const auto sent =
        wait_for(timeout, [&](i64 left) { return host::send(handle_, transfer, message.flags & kSentToHost, to, said, left); });
    if (!sent.ok()) ended = fail(sent.error());
    if (!sent.ok()) break;
    // A socket that blocks takes all, unless a signal comes; a call that was served without leaving waited for nothing.
    if (*sent < part && (timeout == 0 || !is_stream() || has_deliverable_signal(current()))) break;
  } while (transfer.remaining() != 0);
  const bool broken = !ended.ok() && ended.error() == Errno::pipe && transfer.done() == 0;
  if (broken && is_stream() && (message.flags & message_flag::no_signal) == 0) {
    send_signal(&current(), sig::pipe, si::kernel, 0);
  }
  return count_of(transfer, ended);
}

Outcome<u64> Socket::receive(Message& message) {
  Transfer& transfer = message.transfer;
  if (const auto piece = TRY(transfer.next_piece()); piece.length != 0) TRY(check_writable(piece.address, 1));
  if (resolver_.load() != nullptr) return receive_from_resolver(message);
  const bool errors = (message.flags & message_flag::error_queue) != 0;  // asking for those never waits
  const i64 timeout = errors ? 0 : timeout_for(message.flags, receive_timeout_);
  const auto boundaries = is_stream() ? host::Boundaries::no : host::Boundaries::yes;
  u32 flags = message.flags & kAskedOfHost;
  if (waits_for_readiness_.load(std::memory_order_relaxed)) flags |= abi::kReceiveWhenReady;
  const ToldKinds asked = told(message);
  abi::SocketControl* const packet = asked != 0 ? message.packet : nullptr;
  // Nothing is said of a piece of an IP stream.
  const bool has_no_name =
      is_stream() && domain_ != family::local && (flags & message_flag::out_of_band) == 0 && !errors && asked == 0;
  if (message.bytes_only || has_no_name) flags |= abi::kReceiveBytesOnly;
  if (!is_stream()) flags = (flags & ~message_flag::wait_all) | message_flag::truncated;
  for (;;) {
    const u64 most = packet != nullptr ? abi::kMostControlledBytes : abi::kMostMessageBytes;
    const u64 part = transfer.remaining() < most ? transfer.remaining() : most;
    const auto received =
        wait_for(timeout, [&](i64 left) { return host::receive(handle_, transfer, flags, domain_, boundaries, packet, left); });
    if (!received.ok()) return count_of(transfer, fail(received.error()));
    message.address = received->from;
    message.answered = received->flags;
    const bool longer = !is_stream() && (message.flags & message_flag::truncated) != 0;
    if (longer) return received->length;
    constexpr u32 kGoesOn = message_flag::wait_all | message_flag::peek;
    const bool goes_on = is_stream() && (message.flags & kGoesOn) == message_flag::wait_all;
    if (!goes_on || received->length < part || transfer.remaining() == 0) return transfer.done();
  }
}

Outcome<> Socket::read(Transfer& transfer) {
  if (transfer.remaining() == 0) return {};
  Message message{transfer, 0, {}, 0, true};
  const auto received = receive(message);
  transfer = message.transfer;
  if (!received.ok()) return fail(received.error());
  return {};
}

Outcome<> Socket::write(Transfer& transfer) {
  Message message{transfer, 0, {}, 0};
  const auto sent = send(message);
  transfer = message.transfer;
  if (!sent.ok()) return fail(sent.error());
  return {};
}

Outcome<FileStatus> Socket::status() {
  constexpr u64 kDevice = 8;
  FileStatus status = anonymous_status();
  status.device = kDevice;
  status.inode = u64{1} << 16 | handle_;
  status.mode = file_mode::socket | 0777;
  status.uid = status.gid = kUserId;
  return status;
}

Outcome<u64> Socket::control(u64 request, u64 argument) {
  constexpr u64 kReadable = 0x541b, kUnsent = 0x5411, kAtMark = 0x8905;  // FIONREAD, SIOCOUTQ, SIOCATMARK
  auto which = abi::SocketCount::readable;
  switch (request) {
    case kReadable: break;
    case kUnsent: which = abi::SocketCount::unsent; break;
    case kAtMark: which = abi::SocketCount::at_mark; break;
    default: return control_interfaces(request, argument);
  }
  u64 count = 0;
  if (Resolver* const resolver = resolver_.load(); resolver != nullptr && which == abi::SocketCount::readable) {
    count = resolver->next_length();
  } else {
    count = TRY(host::socket_bytes(handle_, which));
  }
  TRY(store(argument, static_cast<u32>(count)));
  return u64{0};
}

Outcome<u64> Socket::get_option(u32 level, u32 name, void* value, u64 size) {
  const auto answer = [&](const auto& known) {
    const u64 part = size < sizeof(known) ? size : sizeof(known);
    memcpy(value, &known, part);
    return part;
  };
  if (level == option_level::socket) {
    if (name == socket_option::type) return answer(static_cast<u32>(type_));
    if (name == socket_option::domain) return answer(domain_);
    if (name == socket_option::protocol) return answer(protocol_);
    if (is_receive_timeout(name)) return answer(timeval_of(receive_timeout_.load()));
    if (is_send_timeout(name)) return answer(timeval_of(send_timeout_.load()));
  }
  const u64 most = TRY(host_option_size(level, name, OptionUse::get));
  return host::socket_get(handle_, level, name, value, size < most ? size : most);
}

Outcome<> Socket::set_option(u32 level, u32 name, u64 address, u64 size) {
  if (level == option_level::socket && (is_receive_timeout(name) || is_send_timeout(name))) {
    (is_receive_timeout(name) ? receive_timeout_ : send_timeout_).store(TRY(load_time_limit(address, size)));
    return {};
  }
  const u64 most = TRY(host_option_size(level, name, OptionUse::set));
  if (tells_time(level, name) && (enclave_config.grants & abi::grant::time) == 0) return fail(Errno::perm);
  std::array<u8, kMostOptionBytes> value;
  const u64 length = size < most ? size : most;
  TRY(read_program(value.data(), address, length));
  TRY(host::socket_set(handle_, level, name, value.data(), length));
  if (level == option_level::socket && name == socket_option::receive_low_water) waits_for_readiness_.store(true);
  bool on = false;
  for (u64 i = 0; i < length; ++i) on = on || value[i] != 0;
  for (ToldKinds told = told_.load(); !told_.compare_exchange_weak(told, told_after_option(told, level, name, on));) {
  }
  return {};
}

}  // namespace sgxx::enclave
