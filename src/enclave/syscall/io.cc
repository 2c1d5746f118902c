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

/// For calls that name an offset: it is looked at before the file is, and whether the file has any before who may use it.
Outcome<> check_position(const OpenFile& file, bool allowed) {
  const FileKind kind = file.kind();
  const bool has_none = kind == FileKind::pipe_end || kind == FileKind::socket;
  if (has_none) return fail(Errno::spipe);
  return allowed ? Outcome<>{} : fail(Errno::badf);
}

/// Files move what they can: of a buffer whose end cannot be reached the part that can. `move(transfer)` does the moving.
template <class Move>
Outcome<u64> move_bytes(const OpenFile& file, Transfer transfer, u64 (*reachable)(u64, u64), Move move) {
  Transfer part = transfer;
  Outcome<> ended = move(transfer);
  const bool is_file = file.kind() == FileKind::memory || file.kind() == FileKind::folder_file;
  if (is_file && !ended.ok() && ended.error() == Errno::fault && transfer.done() == 0) {
    const auto piece = part.next_piece();
    const u64 length = piece.ok() ? reachable(piece->address, piece->length) : 0;
    if (length == 0) return fail(Errno::fault);
    part.limit(length);
    ended = move(part);
    return count_of(part, ended);
  }
  return count_of(transfer, ended);
}

Outcome<u64> read_from(OpenFile& file, Transfer transfer) {
  return move_bytes(file, transfer, writable_bytes,
                    [&file](Transfer& moved) { return visit(file, [&moved](auto& kind) { return kind.read(moved); }); });
}

Outcome<u64> write_to(OpenFile& file, Transfer transfer) {
  return move_bytes(file, transfer, readable_bytes,
                    [&file](Transfer& moved) { return visit(file, [&moved](auto& kind) { return kind.write(moved); }); });
}

Outcome<Transfer> one_buffer(u64 address, u64 length) {
  TRY(check_range(address, length));
  return Transfer(address, length);
}

/// `transfer(...)` makes the transfer once the descriptor has been found good.
template <class MakeTransfer>
Outcome<u64> read_at(u64 descriptor, u64 offset, MakeTransfer make_transfer) {
  if (static_cast<i64>(offset) < 0) return fail(Errno::inval);
  const FileReference file = TRY(file_of(descriptor));
  TRY(check_position(*file, file->is_readable()));
  return move_bytes(*file, TRY(make_transfer()), writable_bytes,
                    [&](Transfer& moved) { return visit(*file, [&](auto& kind) { return kind.read_at(moved, offset); }); });
}

template <class MakeTransfer>
Outcome<u64> write_at(u64 descriptor, u64 offset, MakeTransfer make_transfer) {
  if (static_cast<i64>(offset) < 0) return fail(Errno::inval);
  const FileReference file = TRY(file_of(descriptor));
  TRY(check_position(*file, file->is_writable()));
  return move_bytes(*file, TRY(make_transfer()), readable_bytes,
                    [&](Transfer& moved) { return visit(*file, [&](auto& kind) { return kind.write_at(moved, offset); }); });
}

/// preadv2 and pwritev2 take flags; -1 as offset means the file's own position.
constexpr u64 kOwnPosition = ~u64{0};

}  // namespace

Outcome<u64> read(SyscallFrame& frame) {
  const FileReference file = TRY(readable_file(frame.rdi));
  return read_from(*file, TRY(one_buffer(frame.rsi, frame.rdx)));
}

Outcome<u64> write(SyscallFrame& frame) {
  const FileReference file = TRY(writable_file(frame.rdi));
  return write_to(*file, TRY(one_buffer(frame.rsi, frame.rdx)));
}

Outcome<u64> pread64(SyscallFrame& frame) {
  return read_at(frame.rdi, frame.r10, [&frame] { return one_buffer(frame.rsi, frame.rdx); });
}

Outcome<u64> pwrite64(SyscallFrame& frame) {
  return write_at(frame.rdi, frame.r10, [&frame] { return one_buffer(frame.rsi, frame.rdx); });
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
  return read_at(frame.rdi, frame.r10, [&frame] { return Transfer::vectors(frame.rsi, frame.rdx); });
}

Outcome<u64> pwritev(SyscallFrame& frame) {
  return write_at(frame.rdi, frame.r10, [&frame] { return Transfer::vectors(frame.rsi, frame.rdx); });
}

Outcome<u64> preadv2(SyscallFrame& frame) {
  if (frame.r9 != 0) return fail(Errno::notsup);
  return frame.r10 == kOwnPosition ? readv(frame) : preadv(frame);
}

Outcome<u64> pwritev2(SyscallFrame& frame) {
  constexpr u64 kDataSync = 2, kSync = 4;  // RWF_DSYNC, RWF_SYNC
  if ((frame.r9 & ~(kDataSync | kSync)) != 0) return fail(Errno::notsup);
  const u64 count = TRY(frame.r10 == kOwnPosition ? writev(frame) : pwritev(frame));
  if (frame.r9 == 0) return count;
  const FileReference file = TRY(writable_file(frame.rdi));
  const Outcome<> synchronised = visit(*file, [](auto& kind) { return kind.synchronise(); });
  // What has nowhere to go is as safe as it will be.
  if (!synchronised.ok() && synchronised.error() != Errno::inval) return fail(synchronised.error());
  return count;
}

Outcome<u64> lseek(SyscallFrame& frame) {
  constexpr u64 kMostWhence = 4;  // SEEK_HOLE
  const FileReference file = TRY(file_of(frame.rdi));
  if (static_cast<u32>(frame.rdx) > kMostWhence) return fail(Errno::inval);
  return visit(*file, [&frame](auto& kind) { return kind.seek(static_cast<i64>(frame.rsi), static_cast<u32>(frame.rdx)); });
}

Outcome<u64> fstat(SyscallFrame& frame) {
  const FileReference file = TRY(file_or_path_of(frame.rdi));
  const FileStatus status = TRY(visit(*file, [](auto& kind) { return kind.status(); }));
  TRY(store(frame.rsi, status));
  return u64{0};
}

Outcome<u64> ftruncate(SyscallFrame& frame) {
  if (static_cast<i64>(frame.rsi) < 0) return fail(Errno::inval);
  const FileReference file = TRY(file_of(frame.rdi));
  if (!file->is_writable()) return fail(Errno::inval);
  TRY(visit(*file, [&frame](auto& kind) { return kind.truncate(frame.rsi); }));
  return u64{0};
}

// fsync, fdatasync
Outcome<u64> fsync(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  TRY(visit(*file, [](auto& kind) { return kind.synchronise(); }));
  return u64{0};
}

/// Every file belongs to a file system; that of one without a name has nothing to make safe.
Outcome<u64> syncfs(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  if (visit(*file, [](auto& kind) { return kind.inode(); }) == nullptr) return u64{0};
  const Outcome<> done = visit(*file, [](auto& kind) { return kind.synchronise(); });
  if (!done.ok() && done.error() != Errno::inval) return fail(done.error());
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
