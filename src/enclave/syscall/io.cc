// SPDX-License-Identifier: Apache-2.0
//
// Reading, writing and asking about open files of every kind.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

Outcome<FileReference> readable_file(u64 descriptor) {
  FileReference file = TRY(file_of(descriptor));
  if (!file->is_readable()) return fail(Errno::badf);
  return file;
}

Outcome<FileReference> writable_file(u64 descriptor) {
  FileReference file = TRY(file_of(descriptor));
  if (!file->is_writable()) return fail(Errno::badf);
  return file;
}

Outcome<u64> read_from(OpenFile& file, Transfer transfer) {
  const Outcome<> ended = visit(file, [&transfer](auto& kind) { return kind.read(transfer); });
  return count_of(transfer, ended);
}

Outcome<u64> write_to(OpenFile& file, Transfer transfer) {
  const Outcome<> ended = visit(file, [&transfer](auto& kind) { return kind.write(transfer); });
  return count_of(transfer, ended);
}

Outcome<u64> read_at(OpenFile& file, Transfer transfer, u64 offset) {
  if (static_cast<i64>(offset) < 0) return fail(Errno::inval);
  const Outcome<> ended = visit(file, [&](auto& kind) { return kind.read_at(transfer, offset); });
  return count_of(transfer, ended);
}

Outcome<u64> write_at(OpenFile& file, Transfer transfer, u64 offset) {
  if (static_cast<i64>(offset) < 0) return fail(Errno::inval);
  const Outcome<> ended = visit(file, [&](auto& kind) { return kind.write_at(transfer, offset); });
  return count_of(transfer, ended);
}

/// preadv2 and pwritev2 take flags; -1 as offset means the file's own position.
constexpr u64 kOwnPosition = ~u64{0};

}  // namespace

Outcome<u64> read(SyscallFrame& frame) {
  const FileReference file = TRY(readable_file(frame.rdi));
  return read_from(*file, Transfer(frame.rsi, frame.rdx));
}

Outcome<u64> write(SyscallFrame& frame) {
  const FileReference file = TRY(writable_file(frame.rdi));
  return write_to(*file, Transfer(frame.rsi, frame.rdx));
}

Outcome<u64> pread64(SyscallFrame& frame) {
  const FileReference file = TRY(readable_file(frame.rdi));
  return read_at(*file, Transfer(frame.rsi, frame.rdx), frame.r10);
}

Outcome<u64> pwrite64(SyscallFrame& frame) {
  const FileReference file = TRY(writable_file(frame.rdi));
  return write_at(*file, Transfer(frame.rsi, frame.rdx), frame.r10);
}

Outcome<u64> readv(SyscallFrame& frame) {
  const FileReference file = TRY(readable_file(frame.rdi));
  return read_from(*file, TRY(Transfer::vectors(frame.rsi, frame.rdx)));
}

Outcome<u64> writev(SyscallFrame& frame) {
  const FileReference file = TRY(writable_file(frame.rdi));
  return write_to(*file, TRY(Transfer::vectors(frame.rsi, frame.rdx)));
}

Outcome<u64> preadv(SyscallFrame& frame) {
  const FileReference file = TRY(readable_file(frame.rdi));
  return read_at(*file, TRY(Transfer::vectors(frame.rsi, frame.rdx)), frame.r10);
}

Outcome<u64> pwritev(SyscallFrame& frame) {
  const FileReference file = TRY(writable_file(frame.rdi));
  return write_at(*file, TRY(Transfer::vectors(frame.rsi, frame.rdx)), frame.r10);
}

Outcome<u64> preadv2(SyscallFrame& frame) {
  if (frame.r9 != 0) return fail(Errno::notsup);
  return frame.r10 == kOwnPosition ? readv(frame) : preadv(frame);
}

Outcome<u64> pwritev2(SyscallFrame& frame) {
  if (frame.r9 != 0) return fail(Errno::notsup);
  return frame.r10 == kOwnPosition ? writev(frame) : pwritev(frame);
}

Outcome<u64> lseek(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  return visit(*file, [&frame](auto& kind) { return kind.seek(static_cast<i64>(frame.rsi), static_cast<u32>(frame.rdx)); });
}

Outcome<u64> fstat(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  const FileStatus status = TRY(visit(*file, [](auto& kind) { return kind.status(); }));
  TRY(store(frame.rsi, status));
  return u64{0};
}

Outcome<u64> ftruncate(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  if (file->kind() == FileKind::path) return fail(Errno::badf);
  if (!file->is_writable() || static_cast<i64>(frame.rsi) < 0) return fail(Errno::inval);
  TRY(visit(*file, [&frame](auto& kind) { return kind.truncate(frame.rsi); }));
  return u64{0};
}

// fsync, fdatasync, syncfs
Outcome<u64> fsync(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  TRY(visit(*file, [](auto& kind) { return kind.synchronise(); }));
  return u64{0};
}

Outcome<u64> ioctl(SyscallFrame& frame) {
  constexpr u64 kNonblocking = 0x5421, kCloseOnExec = 0x5451, kNotCloseOnExec = 0x5450;  // FIONBIO, FIOCLEX, FIONCLEX
  const FileReference file = TRY(file_of(frame.rdi));
  const u64 request = static_cast<u32>(frame.rsi);
  if (request == kCloseOnExec || request == kNotCloseOnExec) {
    TRY(set_close_on_exec(frame.rdi, request == kCloseOnExec ? CloseOnExec::yes : CloseOnExec::no));
    return u64{0};
  }
  if (request == kNonblocking) {
    const u32 on = TRY(load<u32>(frame.rdx));
    const u32 others = file->flags() & ~open_flag::nonblocking;
    TRY(visit(*file, [&](auto& kind) { return kind.set_flags(others | (on != 0 ? open_flag::nonblocking : 0)); }));
    return u64{0};
  }
  return visit(*file, [&](auto& kind) { return kind.control(request, frame.rdx); });
}

}  // namespace sgxx::enclave::syscall
