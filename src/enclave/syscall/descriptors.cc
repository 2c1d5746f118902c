// SPDX-License-Identifier: Apache-2.0
//
// Making, duplicating and closing descriptors.
#include "enclave/file/descriptors.h"

#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kEventSemaphore = 1;

CloseOnExec close_on_exec_in(u64 flags) { return (flags & open_flag::close_on_exec) != 0 ? CloseOnExec::yes : CloseOnExec::no; }

/// Two descriptors for the two ends, written to the program's int[2].
Outcome<u64> open_pair(PipeEnd::Pair pair, CloseOnExec close_on_exec, u64 to) {
  TRY(check_writable(to, 2 * sizeof(u32)));
  const u64 first = TRY(open_descriptor(std::move(pair.first), close_on_exec));
  const auto second = open_descriptor(std::move(pair.second), close_on_exec);
  if (!second.ok()) {
    (void)close_descriptor(first);
    return fail(second.error());
  }
  TRY(store(to, std::array<u32, 2>{static_cast<u32>(first), static_cast<u32>(*second)}));
  return u64{0};
}

}  // namespace

Outcome<u64> close(SyscallFrame& frame) {
  TRY(close_descriptor(frame.rdi));
  return u64{0};
}

Outcome<u64> close_range(SyscallFrame& frame) {
  constexpr u64 kUnshare = 2, kCloseOnExec = 4;
  const u64 first = static_cast<u32>(frame.rdi), last = static_cast<u32>(frame.rsi);
  if (first > last || (frame.rdx & ~(kUnshare | kCloseOnExec)) != 0) return fail(Errno::inval);
  if ((frame.rdx & kCloseOnExec) == 0) {
    close_descriptors(first, last);
    return u64{0};
  }
  for (u64 i = next_descriptor(first); i <= last && i < kMostDescriptors; i = next_descriptor(i + 1)) {
    (void)set_close_on_exec(i, CloseOnExec::yes);
  }
  return u64{0};
}

Outcome<u64> dup(SyscallFrame& frame) { return open_descriptor(TRY(file_or_path_of(frame.rdi)), CloseOnExec::no); }

Outcome<u64> dup2(SyscallFrame& frame) {
  FileReference file = TRY(file_or_path_of(frame.rdi));
  const u64 target = static_cast<u32>(frame.rsi);
  if (static_cast<u32>(frame.rdi) == target) return target;
  return replace_descriptor(std::move(file), target, CloseOnExec::no);
}

Outcome<u64> dup3(SyscallFrame& frame) {
  if (static_cast<u32>(frame.rdi) == static_cast<u32>(frame.rsi)) return fail(Errno::inval);
  if ((frame.rdx & ~u64{open_flag::close_on_exec}) != 0) return fail(Errno::inval);
  return replace_descriptor(TRY(file_or_path_of(frame.rdi)), frame.rsi, close_on_exec_in(frame.rdx));
}

Outcome<u64> fcntl(SyscallFrame& frame) {
  constexpr u64 kDup = 0, kGetDescriptorFlags = 1, kSetDescriptorFlags = 2, kGetFlags = 3, kSetFlags = 4, kDupCloseOnExec = 1030;
  FileReference file = TRY(file_or_path_of(frame.rdi));
  switch (static_cast<u32>(frame.rsi)) {
    case kDup: return open_descriptor(std::move(file), CloseOnExec::no, frame.rdx);
    case kDupCloseOnExec: return open_descriptor(std::move(file), CloseOnExec::yes, frame.rdx);
    case kGetDescriptorFlags: return TRY(close_on_exec(frame.rdi)) == CloseOnExec::yes ? u64{1} : u64{0};
    case kSetDescriptorFlags:
      TRY(set_close_on_exec(frame.rdi, (frame.rdx & 1) != 0 ? CloseOnExec::yes : CloseOnExec::no));
      return u64{0};
    case kGetFlags: return u64{file->flags()};
    case kSetFlags:
      TRY(visit(*file, [&frame](auto& kind) { return kind.set_flags(static_cast<u32>(frame.rdx)); }));
      return u64{0};
    default: return visit(*file, [&frame](auto& kind) { return kind.file_control(static_cast<u32>(frame.rsi), frame.rdx); });
  }
}

Outcome<u64> pipe2(SyscallFrame& frame) {
  constexpr u64 kAllowed = open_flag::close_on_exec | open_flag::nonblocking | open_flag::direct;
  if ((frame.rsi & ~kAllowed) != 0) return fail(Errno::inval);
  if ((frame.rsi & open_flag::direct) != 0) return fail(Errno::notsup);
  auto pair = TRY(PipeEnd::make_pipe(static_cast<u32>(frame.rsi) & open_flag::nonblocking));
  return open_pair(std::move(pair), close_on_exec_in(frame.rsi), frame.rdi);
}

Outcome<u64> pipe(SyscallFrame& frame) { return open_pair(TRY(PipeEnd::make_pipe(0)), CloseOnExec::no, frame.rdi); }

Outcome<u64> socketpair(SyscallFrame& frame) {
  constexpr u64 kUnix = 1, kStream = 1, kDatagram = 2, kSequenced = 5, kTypes = 0xf, kMostTypes = 10;
  if (frame.rdi != kUnix) return fail(frame.rdi == 2 || frame.rdi == 10 ? Errno::notsup : Errno::afnosupport);
  const u64 type = frame.rsi & kTypes;
  if ((frame.rsi & ~(kTypes | open_flag::close_on_exec | open_flag::nonblocking)) != 0) return fail(Errno::inval);
  if (type > kMostTypes) return fail(Errno::inval);
  if (type != kStream && type != kDatagram && type != kSequenced) return fail(Errno::socktnosupport);
  if (frame.rdx > 1) return fail(Errno::protonosupport);
  auto pair = TRY(PipeEnd::make_sockets(static_cast<u32>(frame.rsi) & open_flag::nonblocking, static_cast<u32>(type)));
  return open_pair(std::move(pair), close_on_exec_in(frame.rsi), frame.r10);
}

Outcome<u64> eventfd2(SyscallFrame& frame) {
  constexpr u64 kAllowed = kEventSemaphore | open_flag::close_on_exec | open_flag::nonblocking;
  if ((frame.rsi & ~kAllowed) != 0) return fail(Errno::inval);
  const auto semaphore = (frame.rsi & kEventSemaphore) != 0 ? EventFile::Semaphore::yes : EventFile::Semaphore::no;
  const u32 flags = static_cast<u32>(frame.rsi) & open_flag::nonblocking;
  auto* const file = TRY(create<EventFile>(u64{static_cast<u32>(frame.rdi)}, semaphore, flags));
  return open_descriptor(FileReference(file), close_on_exec_in(frame.rsi));
}

Outcome<u64> eventfd(SyscallFrame& frame) {
  auto* const file = TRY(create<EventFile>(u64{static_cast<u32>(frame.rdi)}, EventFile::Semaphore::no, u32{0}));
  return open_descriptor(FileReference(file), CloseOnExec::no);
}

}  // namespace sgxx::enclave::syscall
