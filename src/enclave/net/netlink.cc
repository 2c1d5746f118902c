// SPDX-License-Identifier: Apache-2.0
#include "enclave/net/netlink.h"

#include "enclave/abort.h"
#include "enclave/file/events.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/net/options.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"

namespace sgxx::enclave {
namespace {

using Interfaces = std::array<abi::HostInterface, abi::kMostHostInterfaces>;

constexpr u32 kRaw = 3;
constexpr u32 kAddressLength = 12;  // struct sockaddr_nl
constexpr u16 kError = 2, kDone = 3, kNewLink = 16, kGetLink = 18, kNewAddress = 20, kGetAddress = 22;
constexpr u16 kMulti = 2, kDump = 0x300;

/// struct nlmsghdr.
struct Header {
  u32 length;
  u16 type, flags;
  u32 sequence, port;
};
static_assert(sizeof(Header) == 16);

/// struct ifinfomsg.
struct LinkMessage {
  u8 family, pad;
  u16 type;
  u32 index, flags, change;
};

/// struct ifaddrmsg.
struct AddressMessage {
  u8 family, prefix_length, flags, scope;
  u32 index;
};

/// struct rtattr.
struct Attribute {
  u16 length, type;
};
namespace link_attribute {
constexpr u16 address = 1, name = 3, mtu = 4;
}
namespace address_attribute {
constexpr u16 address = 1, local = 2, label = 3, broadcast = 4;
}

/// Appends messages to an answer. What is written is bounded by the number of interfaces and the size of an entry.
class Writer {
 public:
  Writer(u64 begin, u64 size) : at_(begin), end_(begin + size), begin_(begin) {}
  u64 length() const { return at_ - begin_; }

  void begin_message(const Header& request, u16 type, u16 flags) {
    message_ = at_;
    put(Header{0, type, flags, request.sequence, static_cast<u32>(kProcessId)});
  }
  void end_message() {
    const u32 length = static_cast<u32>(at_ - message_);
    memcpy(reinterpret_cast<void*>(message_), &length, sizeof(length));
  }
  template <class T>
  void put(const T& value) {
    put_bytes(&value, sizeof(value));
  }
  void put_attribute(u16 type, const void* data, u64 length) {
    put(Attribute{static_cast<u16>(sizeof(Attribute) + length), type});
    put_bytes(data, length);
  }

 private:
  void put_bytes(const void* data, u64 length) {
    require(align_up(length, 4) <= end_ - at_);
    memcpy(reinterpret_cast<void*>(at_), data, length);
    at_ += align_up(length, 4);
  }
  u64 at_, end_, begin_, message_ = 0;
};

u64 address_bytes(u32 family) { return family == family::ip4 ? 4 : 16; }

void put_link(Writer& writer, const Header& request, const abi::HostInterface& entry) {
  writer.begin_message(request, kNewLink, kMulti);
  writer.put(LinkMessage{0, 0, static_cast<u16>(entry.type), entry.index, entry.flags, 0});
  writer.put_attribute(link_attribute::name, entry.name.data(), strlen(entry.name.data()) + 1);
  writer.put_attribute(link_attribute::mtu, &entry.mtu, sizeof(entry.mtu));
  writer.put_attribute(link_attribute::address, entry.hardware.data(), entry.hardware_length);
  writer.end_message();
}

void put_address(Writer& writer, const Header& request, const abi::HostInterface& entry) {
  const u64 length = address_bytes(entry.family);
  writer.begin_message(request, kNewAddress, kMulti);
  writer.put(AddressMessage{static_cast<u8>(entry.family), static_cast<u8>(entry.prefix_length), 0, static_cast<u8>(entry.scope),
                            entry.index});
  writer.put_attribute(address_attribute::address, entry.address.data(), length);
  if (entry.family == family::ip4) {
    constexpr u32 kBroadcasts = 2;  // IFF_BROADCAST
    writer.put_attribute(address_attribute::local, entry.address.data(), length);
    if ((entry.flags & kBroadcasts) != 0) writer.put_attribute(address_attribute::broadcast, entry.broadcast.data(), length);
    writer.put_attribute(address_attribute::label, entry.name.data(), strlen(entry.name.data()) + 1);
  }
  writer.end_message();
}

Outcome<> answer(Writer& writer, const Header& request, u8 family) {
  if ((request.type != kGetLink && request.type != kGetAddress) || (request.flags & kDump) != kDump) {
    writer.begin_message(request, kError, 0);
    writer.put(-static_cast<i32>(Errno::notsup));
    writer.put(request);
    writer.end_message();
    return {};
  }
  Interfaces* const interfaces = TRY(create<Interfaces>());
  const auto count = host::interfaces(*interfaces);
  for (u64 i = 0; count.ok() && i < *count; ++i) {
    const abi::HostInterface& entry = (*interfaces)[i];
    const bool is_link = entry.family == family::none;
    if (is_link && request.type == kGetLink) put_link(writer, request, entry);
    if (is_link || request.type == kGetLink || (family != family::none && family != entry.family)) continue;
    put_address(writer, request, entry);
  }
  destroy(interfaces);
  if (!count.ok()) return fail(count.error());
  writer.begin_message(request, kDone, kMulti);
  writer.put(i32{0});
  writer.end_message();
  return {};
}

SocketAddress kernel_address(u32 port) {
  SocketAddress address;
  address.length = kAddressLength;
  address.bytes[0] = static_cast<u8>(family::netlink);
  memcpy(&address.bytes[4], &port, sizeof(port));
  return address;
}

}  // namespace

Outcome<FileReference> NetlinkFile::make(u32 type, u32 protocol, u32 flags) {
  if (type != kRaw && type != static_cast<u32>(Socket::Type::datagram)) return fail(Errno::socktnosupport);
  if (protocol != 0) return fail(Errno::protonosupport);
  if ((enclave_config.grants & abi::grant::network) == 0) return fail(Errno::acces);
  return FileReference(TRY(create<NetlinkFile>(type, flags)));
}

NetlinkFile::~NetlinkFile() {
  if (answer_ != 0) give_runtime_pages(answer_, kAnswerPages);
}

/// Groups of notifications: there are none.
Outcome<> NetlinkFile::bind(const SocketAddress& address) {
  u32 groups = 0;
  if (address.length < kAddressLength || address.family() != family::netlink) return fail(Errno::inval);
  memcpy(&groups, &address.bytes[8], sizeof(groups));
  return groups == 0 ? Outcome<>{} : fail(Errno::notsup);
}

Outcome<> NetlinkFile::bind_to_kernel(const SocketAddress& address) {
  u32 port = 0;
  if (address.length < kAddressLength || address.family() != family::netlink) return fail(Errno::inval);
  memcpy(&port, &address.bytes[4], sizeof(port));
  return port == 0 ? Outcome<>{} : fail(Errno::connrefused);
}

Outcome<u64> NetlinkFile::send(Message& message) {
  Transfer& transfer = message.transfer;
  const u64 length = transfer.remaining();
  if (message.address.length != 0) TRY(bind_to_kernel(message.address));
  struct {
    Header header;
    u8 family, pad[3];
  } request{};
  const u64 part = length < sizeof(request) ? length : sizeof(request);
  TRY(transfer.from_program(&request, part));
  TRY(transfer.skip(length - part));
  if (part < sizeof(Header) || request.header.length < sizeof(Header) || request.header.length > length) return length;
  const u64 pages = TRY(take_runtime_pages(kAnswerPages));
  Writer writer(pages, kAnswerPages * kPageSize);
  const Outcome<> answered = answer(writer, request.header, request.family);
  u64 unused = pages;
  {
    Wakes wakes;
    Guard guard(lock_);
    // As long as an answer has not been read there is no other.
    if (answered.ok() && begin_ == end_) {
      unused = std::exchange(answer_, pages);
      begin_ = 0;
      end_ = writer.length();
      notify(*this, wakes);
    }
  }
  const bool busy = answered.ok() && unused == pages;
  if (unused != 0) give_runtime_pages(unused, kAnswerPages);
  if (!answered.ok()) return fail(answered.error());
  if (busy) return fail(Errno::busy);
  return length;
}

/// As many whole messages as fit, at most a page of them; at least one, which may be cut.
Outcome<u64> NetlinkFile::receive_now(Message& message) {
  Guard guard(lock_);
  if (begin_ == end_) return fail(Errno::again);
  Transfer& transfer = message.transfer;
  const u64 room = transfer.remaining() < kPageSize ? transfer.remaining() : kPageSize;
  u64 length = 0;
  while (begin_ + length < end_) {
    u32 next = 0;
    memcpy(&next, reinterpret_cast<const void*>(answer_ + begin_ + length), sizeof(next));
    const u64 whole = align_up(u64{next}, 4);
    if (length != 0 && length + whole > room) break;
    length += whole;
  }
  const u64 part = length < transfer.remaining() ? length : transfer.remaining();
  TRY(transfer.to_program(reinterpret_cast<const void*>(answer_ + begin_), part));
  if (part < length) message.answered = message_flag::truncated;
  if ((message.flags & message_flag::peek) == 0) begin_ += length;
  return (message.flags & message_flag::truncated) != 0 ? length : part;
}

Outcome<u64> NetlinkFile::receive(Message& message) {
  if ((message.flags & message_flag::out_of_band) != 0) return fail(Errno::notsup);
  const auto attempt = [&] { return receive_now(message); };
  const u64 length = TRY((message.flags & message_flag::dont_wait) != 0 ? attempt() : block_on(*this, kForever, attempt));
  message.address = kernel_address(0);
  return length;
}

Outcome<SocketAddress> NetlinkFile::name(host::Side side) {
  return kernel_address(side == host::Side::own ? static_cast<u32>(kProcessId) : 0);
}

Outcome<u64> NetlinkFile::get_option(u32 level, u32 name, void* value, u64 size) {
  u32 answer = 0;
  if (level != option_level::socket) return fail(Errno::noprotoopt);
  switch (name) {
    case socket_option::type: answer = type_; break;
    case socket_option::domain: answer = family::netlink; break;
    case socket_option::protocol:
    case socket_option::error:
    case socket_option::accepts_connections: break;
    default: return fail(Errno::noprotoopt);
  }
  const u64 part = size < sizeof(answer) ? size : sizeof(answer);
  memcpy(value, &answer, part);
  return part;
}

Outcome<> NetlinkFile::read(Transfer& transfer) {
  Message message{transfer, 0, {}, 0};
  const auto received = receive(message);
  transfer = message.transfer;
  return received.ok() ? Outcome<>{} : fail(received.error());
}

Outcome<> NetlinkFile::write(Transfer& transfer) {
  Message message{transfer, 0, {}, 0};
  const auto sent = send(message);
  transfer = message.transfer;
  return sent.ok() ? Outcome<>{} : fail(sent.error());
}

Outcome<FileStatus> NetlinkFile::status() {
  FileStatus status = anonymous_status();
  status.mode = file_mode::socket | 0777;
  status.uid = status.gid = kUserId;
  return status;
}

u32 NetlinkFile::ready() {
  Guard guard(lock_);
  const u32 writable = poll_event::out | poll_event::write_normal;
  return begin_ != end_ ? writable | poll_event::in | poll_event::read_normal : writable;
}

}  // namespace sgxx::enclave
