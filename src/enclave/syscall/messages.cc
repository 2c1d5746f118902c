// SPDX-License-Identifier: Apache-2.0
//
// Sending and receiving by sockets. Descriptors and credentials go between sockets of the enclave's own only
// (net/control.h); what control messages say of a datagram goes to the host and comes from there (net/packet_control.h).
#include "enclave/program_memory.h"
#include "enclave/syscall/socket_files.h"
#include "enclave/syscall/table.h"
#include "enclave/time.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kMostMessages = 1024;  // of one sendmmsg or recvmmsg

/// struct msghdr.
struct MessageHeader {
  u64 name;
  u32 name_length, pad;
  u64 vectors, vector_count;
  u64 control, control_length;
  u32 flags, pad2;
};
static_assert(sizeof(MessageHeader) == 56);

/// struct mmsghdr.
constexpr u64 kMultipleSize = 64, kMultipleLength = 56;

/// A message's buffers. Too many of them are another error here than in readv.
Outcome<Message> message_with(const MessageHeader& header, u32 flags) {
  constexpr u64 kMostVectors = 1024;
  if (header.vector_count > kMostVectors) return fail(Errno::msgsize);
  return Message{TRY(Transfer::vectors(header.vectors, header.vector_count)), flags, {}, 0};
}

Outcome<u64> send_one(u64 descriptor, u64 header_address, u32 flags) {
  const auto header = TRY(load<MessageHeader>(header_address));
  Message message = TRY(message_with(header, flags));
  message.address = TRY(load_address(header.name, header.name_length));
  abi::SocketControl packet;
  return with_socket(descriptor, [&](auto& socket) -> Outcome<u64> {
    if (header.control_length != 0) {
      message.packet = &packet;
      packet.present = 0;
      TRY(socket.control_to_send(message, header.control, header.control_length));
    }
    return socket.send(message);
  });
}

Outcome<u64> receive_one(u64 descriptor, u64 header_address, u32 flags) {
  const auto header = TRY(load<MessageHeader>(header_address));
  Message message = TRY(message_with(header, flags));
  ControlRoom room(header.control, header.control_length);
  abi::SocketControl packet;
  packet.present = 0;
  if (room.holds_header()) message.packet = &packet;
  ToldKinds told = 0;
  const u64 count = TRY(with_socket(descriptor, [&](auto& socket) {
    told = socket.told(message);
    return socket.receive(message);
  }));
  if (header.name != 0) TRY(store_address(message.address, header.name, header_address + offsetof(MessageHeader, name_length)));
  constexpr u32 kCloseOnExec = 0x40000000;  // MSG_CMSG_CLOEXEC comes back as it was given
  message.control.close_on_exec = (flags & kCloseOnExec) != 0;
  TRY(store_packet_control(room, packet, told));
  TRY(store_control(std::move(message.control), room));
  if (room.is_truncated()) message.answered |= message_flag::control_truncated;
  TRY(store(header_address + offsetof(MessageHeader, flags), message.answered | (flags & kCloseOnExec)));
  TRY(store(header_address + offsetof(MessageHeader, control_length), room.used()));
  return count;
}

/// Calls `one` for each of a vector of messages until one fails; how many went.
template <class One>
Outcome<u64> each_message(u64 messages, u64 count, One one) {
  if (count > kMostMessages) count = kMostMessages;
  for (u64 i = 0; i < count; ++i) {
    const u64 at = messages + i * kMultipleSize;
    const auto done = one(at, i);
    if (!done.ok() && i == 0) return fail(done.error());
    if (!done.ok()) return i;
    TRY(store(at + kMultipleLength, static_cast<u32>(*done)));
  }
  return count;
}

}  // namespace

Outcome<u64> sendto(SyscallFrame& frame) {
  Message message{Transfer(frame.rsi, frame.rdx), static_cast<u32>(frame.r10), {}, 0};
  message.address = TRY(load_address(frame.r8, frame.r9));
  return with_socket(frame.rdi, [&](auto& socket) { return socket.send(message); });
}

Outcome<u64> recvfrom(SyscallFrame& frame) {
  Message message{Transfer(frame.rsi, frame.rdx), static_cast<u32>(frame.r10), {}, 0, frame.r8 == 0};
  const u64 count = TRY(with_socket(frame.rdi, [&](auto& socket) { return socket.receive(message); }));
  TRY(store_address(message.address, frame.r8, frame.r9));
  return count;
}

Outcome<u64> sendmsg(SyscallFrame& frame) { return send_one(frame.rdi, frame.rsi, static_cast<u32>(frame.rdx)); }
Outcome<u64> recvmsg(SyscallFrame& frame) { return receive_one(frame.rdi, frame.rsi, static_cast<u32>(frame.rdx)); }

Outcome<u64> sendmmsg(SyscallFrame& frame) {
  return each_message(frame.rsi, static_cast<u32>(frame.rdx),
                      [&](u64 at, u64) { return send_one(frame.rdi, at, static_cast<u32>(frame.r10)); });
}

Outcome<u64> recvmmsg(SyscallFrame& frame) {
  u64 deadline = kForever;
  if (frame.r8 != 0) deadline = deadline_after(TRY(load_time(frame.r8)));
  return each_message(frame.rsi, static_cast<u32>(frame.rdx), [&](u64 at, u64 index) -> Outcome<u64> {
    u32 flags = static_cast<u32>(frame.r10) & ~message_flag::wait_for_one;
    // As on Linux the time limit is looked at between messages only.
    if (index != 0 && (frame.r10 & message_flag::wait_for_one) != 0) flags |= message_flag::dont_wait;
    if (index != 0 && deadline != kForever && monotonic_now() >= deadline) return fail(Errno::again);
    return receive_one(frame.rdi, at, flags);
  });
}

}  // namespace sgxx::enclave::syscall
