// SPDX-License-Identifier: Apache-2.0
//
// Making and connecting sockets, their names and options.
#include "enclave/net/options.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/socket_files.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kTypes = 0xf;
constexpr u64 kSocketFlags = open_flag::close_on_exec | open_flag::nonblocking;  // SOCK_CLOEXEC, SOCK_NONBLOCK

CloseOnExec close_on_exec_in(u64 flags) { return (flags & open_flag::close_on_exec) != 0 ? CloseOnExec::yes : CloseOnExec::no; }

Outcome<u64> accept_with(SyscallFrame& frame, u64 flags) {
  TRY(file_of(frame.rdi));
  if ((flags & ~kSocketFlags) != 0) return fail(Errno::inval);
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    NewDescriptor descriptor = TRY(NewDescriptor::reserve(close_on_exec_in(flags)));
    SocketAddress from;
    FileReference connection = TRY(socket.accept(static_cast<u32>(flags) & open_flag::nonblocking, from));
    TRY(store_address(from, frame.rsi, frame.rdx));
    return descriptor.fill(std::move(connection));
  });
}

Outcome<u64> name_of(SyscallFrame& frame, host::Side side) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    const SocketAddress name = TRY(socket.name(side));
    if (frame.rsi == 0) return fail(Errno::fault);
    TRY(store_address(name, frame.rsi, frame.rdx));
    return u64{0};
  });
}

}  // namespace

Outcome<u64> socket(SyscallFrame& frame) {
  if ((frame.rsi & ~(kTypes | kSocketFlags)) != 0) return fail(Errno::inval);
  const u32 flags = static_cast<u32>(frame.rsi) & open_flag::nonblocking;
  if (static_cast<u32>(frame.rdi) == family::netlink) {
    const u32 type = static_cast<u32>(frame.rsi & kTypes);
    return open_descriptor(TRY(NetlinkFile::make(type, static_cast<u32>(frame.rdx), flags)), close_on_exec_in(frame.rsi));
  }
  FileReference made =
      TRY(Socket::make(static_cast<u32>(frame.rdi), static_cast<u32>(frame.rsi & kTypes), static_cast<u32>(frame.rdx), flags));
  return open_descriptor(std::move(made), close_on_exec_in(frame.rsi));
}

Outcome<u64> bind(SyscallFrame& frame) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    if (frame.rsi == 0 && frame.rdx != 0) return fail(Errno::fault);
    const SocketAddress address = TRY(load_address(frame.rsi, frame.rdx));
    TRY(socket.bind(address));
    return u64{0};
  });
}

Outcome<u64> connect(SyscallFrame& frame) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    if (frame.rsi == 0) return fail(Errno::fault);
    const SocketAddress address = TRY(load_address(frame.rsi, frame.rdx));
    TRY(socket.connect(address));
    return u64{0};
  });
}

Outcome<u64> listen(SyscallFrame& frame) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    TRY(socket.listen(static_cast<u32>(frame.rsi)));
    return u64{0};
  });
}

Outcome<u64> accept(SyscallFrame& frame) { return accept_with(frame, 0); }
Outcome<u64> accept4(SyscallFrame& frame) { return accept_with(frame, frame.r10); }

Outcome<u64> shutdown(SyscallFrame& frame) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    TRY(socket.shut_down(static_cast<u32>(frame.rsi)));
    return u64{0};
  });
}

Outcome<u64> getsockname(SyscallFrame& frame) { return name_of(frame, host::Side::own); }
Outcome<u64> getpeername(SyscallFrame& frame) { return name_of(frame, host::Side::peer); }

Outcome<u64> setsockopt(SyscallFrame& frame) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    const i32 length = static_cast<i32>(frame.r8);
    if (length < 0) return fail(Errno::inval);
    TRY(socket.set_option(static_cast<u32>(frame.rsi), static_cast<u32>(frame.rdx), frame.r10, static_cast<u64>(length)));
    return u64{0};
  });
}

Outcome<u64> getsockopt(SyscallFrame& frame) {
  return with_socket(frame.rdi, [&](auto& socket) -> Outcome<u64> {
    const i32 room = TRY(load<i32>(frame.r8));
    if (room < 0) return fail(Errno::inval);
    std::array<u8, kMostOptionBytes> value;
    const u64 size = static_cast<u64>(room) < value.size() ? static_cast<u64>(room) : value.size();
    const u64 length = TRY(socket.get_option(static_cast<u32>(frame.rsi), static_cast<u32>(frame.rdx), value.data(), size));
    TRY(write_program(frame.r10, value.data(), length));
    TRY(store(frame.r8, static_cast<u32>(length)));
    return u64{0};
  });
}

}  // namespace sgxx::enclave::syscall
