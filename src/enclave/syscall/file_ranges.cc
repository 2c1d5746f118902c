// SPDX-License-Identifier: Apache-2.0
//
// Parts of files: room made and given back, bytes copied from one file to another, locks, advice.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/mappings.h"
#include "enclave/memory/page_map.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/path_argument.h"
#include "enclave/syscall/table.h"
#include "enclave/vfs/record_lock.h"

namespace sgxx::enclave::syscall {
namespace {

/// Memory through which bytes go from one file to another: the program's, because that is where files read to and write from.
class Passage {
 public:
  static constexpr u64 kSize = 64 * 1024;
  static Outcome<Passage> make() {
    return Passage(TRY(map_memory({.length = kSize, .rights = page::readable | page::writable})));
  }
  Passage(Passage&& other) noexcept : address_(std::exchange(other.address_, 0)) {}
  Passage& operator=(Passage&&) = delete;
  ~Passage() {
    if (address_ != 0) (void)unmap_memory(address_, kSize);
  }
  u64 address() const { return address_; }

 private:
  explicit Passage(u64 address) : address_(address) {}
  u64 address_;
};

/// Where a copy reads or writes: at an offset of its own, or at the file's position.
struct Place {
  OpenFile& file;
  u64 offset_address;  // of the program's variable; 0: the file's position
  u64 offset;
};

Outcome<Place> place_of(OpenFile& file, u64 offset_address) {
  if (offset_address == 0) return Place{file, 0, 0};
  const i64 offset = TRY(load<i64>(offset_address));
  if (offset < 0) return fail(Errno::inval);
  return Place{file, offset_address, static_cast<u64>(offset)};
}

Outcome<u64> read_from(Place& place, u64 address, u64 length) {
  Transfer transfer(address, length);
  const Outcome<> ended = visit(place.file, [&](auto& kind) {
    return place.offset_address != 0 ? kind.read_at(transfer, place.offset) : kind.read(transfer);
  });
  const u64 count = TRY(count_of(transfer, ended));
  place.offset += count;
  return count;
}

Outcome<u64> write_to(Place& place, u64 address, u64 length) {
  Transfer transfer(address, length);
  const Outcome<> ended = visit(place.file, [&](auto& kind) {
    return place.offset_address != 0 ? kind.write_at(transfer, place.offset) : kind.write(transfer);
  });
  const u64 count = TRY(count_of(transfer, ended));
  place.offset += count;
  return count;
}

/// What was read and could not be written is unread again.
void step_back(Place& place, u64 count) {
  place.offset -= count;
  if (place.offset_address != 0 || count == 0) return;
  (void)visit(place.file, [count](auto& kind) { return kind.seek(-static_cast<i64>(count), 1); });
}

Outcome<u64> copy(Place from, Place to, u64 length) {
  const Passage passage = TRY(Passage::make());
  u64 copied = 0;
  while (copied < length) {
    const u64 wanted = length - copied < Passage::kSize ? length - copied : Passage::kSize;
    const auto read = read_from(from, passage.address(), wanted);
    if (!read.ok() && copied == 0) return fail(read.error());
    if (!read.ok() || *read == 0) break;
    const auto written = write_to(to, passage.address(), *read);
    step_back(from, *read - (written.ok() ? *written : 0));
    if (!written.ok() && copied == 0) return fail(written.error());
    if (!written.ok()) break;
    copied += *written;
    if (*written != *read) break;
  }
  if (from.offset_address != 0) TRY(store(from.offset_address, from.offset));
  if (to.offset_address != 0) TRY(store(to.offset_address, to.offset));
  return copied;
}

constexpr u64 kMostBytes = 0x7fff'f000;

/// A regular file.
bool has_bytes(const OpenFile& file) { return file.kind() == FileKind::memory || file.kind() == FileKind::folder_file; }
bool is_pipe(OpenFile& file) { return file.kind() == FileKind::pipe_end && !static_cast<PipeEnd&>(file).is_socket(); }
bool is_directory(const OpenFile& file) { return file.kind() == FileKind::directory || file.kind() == FileKind::folder; }

}  // namespace

Outcome<u64> sendfile(SyscallFrame& frame) {
  const FileReference to = TRY(file_of(frame.rdi));
  const FileReference from = TRY(file_of(frame.rsi));
  if (!from->is_readable() || !to->is_writable()) return fail(Errno::badf);
  if (!has_bytes(*from) && from->kind() != FileKind::text) return fail(Errno::inval);
  if ((to->flags() & open_flag::append) != 0) return fail(Errno::inval);
  const u64 length = frame.r10 < kMostBytes ? frame.r10 : kMostBytes;
  return copy(TRY(place_of(*from, frame.rdx)), Place{*to, 0, 0}, length);
}

Outcome<u64> copy_file_range(SyscallFrame& frame) {
  if (frame.r9 != 0) return fail(Errno::inval);
  const FileReference from = TRY(file_of(frame.rdi));
  const FileReference to = TRY(file_of(frame.rdx));
  if (is_directory(*from) || is_directory(*to)) return fail(Errno::isdir);
  if (!has_bytes(*from) || !has_bytes(*to)) return fail(Errno::inval);
  if (!from->is_readable() || !to->is_writable() || (to->flags() & open_flag::append) != 0) return fail(Errno::badf);
  const Place source = TRY(place_of(*from, frame.rsi)), target = TRY(place_of(*to, frame.r10));
  const u64 length = frame.r8 < kMostBytes ? frame.r8 : kMostBytes;
  const auto inode_of = [](OpenFile& file) { return visit(file, [](auto& kind) { return kind.inode(); }); };
  if (inode_of(*from) == inode_of(*to)) {
    const auto position = [](const Place& place) {
      return place.offset_address != 0 ? Outcome<u64>(place.offset)
                                       : visit(place.file, [](auto& kind) { return kind.seek(0, 1); });
    };
    const u64 one = TRY(position(source)), other = TRY(position(target));
    if (one < other + length && other < one + length) return fail(Errno::inval);
  }
  return copy(source, target, length);
}

Outcome<u64> fallocate(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  const i64 offset = static_cast<i64>(frame.rdx), length = static_cast<i64>(frame.r10);
  if (offset < 0 || length <= 0) return fail(Errno::inval);
  if (!file->is_writable()) return fail(Errno::badf);
  if (offset > INT64_MAX - length) return fail(Errno::fbig);
  const u32 mode = static_cast<u32>(frame.rsi);
  if (is_pipe(*file)) return fail(Errno::spipe);
  TRY(visit(*file, [&](auto& kind) { return kind.reserve(mode, static_cast<u64>(offset), static_cast<u64>(length)); }));
  return u64{0};
}

Outcome<u64> flock(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  const void* locked = visit(*file, [](auto& kind) { return kind.inode(); });
  if (locked == nullptr) locked = file.get();
  return lock_file(*file, locked, static_cast<u32>(frame.rsi));
}

// posix_fadvise: memory needs no advice.
Outcome<u64> fadvise64(SyscallFrame& frame) {
  constexpr u64 kMostAdvice = 5;
  const FileReference file = TRY(file_of(frame.rdi));
  if (is_pipe(*file)) return fail(Errno::spipe);
  if (frame.r10 > kMostAdvice || static_cast<i64>(frame.rdx) < 0) return fail(Errno::inval);
  return u64{0};
}

// What a file has is there, or is read when it is wanted.
Outcome<u64> readahead(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  if (!file->is_readable()) return fail(Errno::badf);
  const FileStatus status = TRY(visit(*file, [](auto& kind) { return kind.status(); }));
  if ((status.mode & file_mode::format) != file_mode::regular) return fail(Errno::inval);
  return u64{0};
}

// More than what is asked for: all of the file, with what says where it lies.
Outcome<u64> sync_file_range(SyscallFrame& frame) {
  constexpr u32 kFlags = 7;
  const FileReference file = TRY(file_of(frame.rdi));
  const auto offset = static_cast<i64>(frame.rsi), length = static_cast<i64>(frame.rdx);
  if ((static_cast<u32>(frame.r10) & ~kFlags) != 0 || offset < 0 || length < 0) return fail(Errno::inval);
  if (static_cast<i64>(frame.rsi + frame.rdx) < 0) return fail(Errno::inval);
  const FileStatus status = TRY(visit(*file, [](auto& kind) { return kind.status(); }));
  const u32 type = status.mode & file_mode::format;
  if (type != file_mode::regular && type != file_mode::directory) return fail(Errno::spipe);
  if (static_cast<u32>(frame.r10) != 0) TRY(visit(*file, [](auto& kind) { return kind.synchronise(); }));
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
