// SPDX-License-Identifier: Apache-2.0
#include "enclave/program_memory.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/node_file.h"
#include "enclave/vfs/record_lock.h"
#include "enclave/vfs/seal.h"
#include "enclave/volume/pages.h"

namespace sgxx::enclave {
namespace {

constexpr u32 kSetId = 06000;

/// As "relatime" does: a reader only stamps a file that was written since the last reader, or that nobody read for a day.
void stamp_read(Inode& inode) {
  constexpr i64 kDay = i64{86400} * 1'000'000'000;
  if (inode.mount->read_only) return;
  FileTimes& times = inode.times;
  if (times.accessed > times.modified && times.accessed > times.changed) {
    // A look at the clock for each read would be the dearest part of a small one.
    if (times.reads_since_look++ % 1024 != 0) return;
    if (file_time_now() - times.accessed < kDay) return;
  }
  times.accessed = file_time_now();
  note_read(inode);
}

void stamp_write(Inode& inode) {
  inode.times.modified = inode.times.changed = file_time_now();
  inode.mode &= ~kSetId;
  note_attributes(inode);
}

/// O_SYNC, O_DSYNC: what was written is there for good before the call returns.
Outcome<> synchronise_if_asked(NodeFile& file) {
  if ((file.flags() & open_flag::synchronous_data) != 0) return commit_volume_of(*file.inode());
  commit_if_due(*file.inode());
  return {};
}

}  // namespace

NodeFile::~NodeFile() { drop_locks(*this); }

Outcome<> MemoryFile::read(Transfer& transfer) {
  std::optional<Guard<SleepLock>> turn;
  if (node().stored != nullptr) turn.emplace(turn_);
  return with_pages(node(), [&]() -> Outcome<> {
    const u64 before = transfer.done();
    Outcome<> ended = node().contents.read(transfer, position_);
    position_ += transfer.done() - before;
    stamp_read(node());
    return ended;
  });
}

Outcome<> MemoryFile::read_at(Transfer& transfer, u64 offset) {
  return with_pages(node(), [&]() -> Outcome<> {
    stamp_read(node());
    const u64 before = transfer.done();
    Outcome<> ended = node().contents.read(transfer, offset);
    offset += transfer.done() - before;
    return ended;
  });
}

Outcome<> MemoryFile::write_locked(Transfer& transfer, u64& position) {
  if (transfer.remaining() == 0) return {};
  Contents& contents = node().contents;
  if ((flags() & open_flag::append) != 0) position = contents.size();
  if (position >= kLargestFile) return fail(Errno::fbig);
  transfer.limit(kLargestFile - position);
  TRY(require_unsealed_write(node(), position + transfer.remaining()));
  const u64 before = transfer.done();
  const Outcome<> ended = contents.write(transfer, position);
  position += transfer.done() - before;
  if (transfer.done() != before) stamp_write(node());
  return ended.ok() ? Outcome<>{} : fail(ended.error());
}

Outcome<> MemoryFile::write(Transfer& transfer) {
  {
    std::optional<Guard<SleepLock>> own_turn;
    if (node().stored != nullptr) own_turn.emplace(turn_);
    const WriterTurn turn(node());
    TRY(with_pages(node(), [&] { return write_locked(transfer, position_); }));
  }
  return synchronise_if_asked(*this);
}

// As on Linux, and unlike POSIX, a file that is opened for appending appends here too.
Outcome<> MemoryFile::write_at(Transfer& transfer, u64 offset) {
  {
    const WriterTurn turn(node());
    TRY(with_pages(node(), [&] { return write_locked(transfer, offset); }));
  }
  return synchronise_if_asked(*this);
}

Outcome<u64> MemoryFile::seek(i64 offset, u32 whence) {
  enum : u32 { set, current, end, data, hole };
  if (node().stored != nullptr && (whence == data || whence == hole)) {
    const u64 found = TRY(find_in_volume(node(), offset, whence == data));
    Guard guard(node().lock);
    return position_ = found;
  }
  Guard guard(node().lock);
  i64 base = 0;
  switch (whence) {
    case set: break;
    case current: base = static_cast<i64>(position_); break;
    case end: base = static_cast<i64>(node().contents.size()); break;
    case data:
    case hole:
      if (offset < 0) return fail(Errno::nxio);
      return position_ = TRY(node().contents.find(static_cast<u64>(offset), whence == data));
    default: return fail(Errno::inval);
  }
  i64 target = 0;
  if (__builtin_add_overflow(base, offset, &target)) return fail(offset > 0 ? Errno::overflow : Errno::inval);
  if (target < 0 || static_cast<u64>(target) > kLargestFile) return fail(Errno::inval);
  return position_ = static_cast<u64>(target);
}

Outcome<> resize_file(Inode& inode, u64 size) {
  const WriterTurn turn(inode);
  return with_blocks(inode, [&]() -> Outcome<> {
    TRY(require_unsealed_resize(inode, size));
    TRY(inode.contents.resize(size));
    stamp_write(inode);
    return {};
  });
}

Outcome<> MemoryFile::synchronise() { return commit_volume_of(node()); }

Outcome<> MemoryFile::truncate(u64 size) { return resize_file(node(), size); }

Outcome<> MemoryFile::reserve(u32 mode, u64 offset, u64 length) {
  constexpr u32 kKeepSize = 1, kPunchHole = 2, kZeroRange = 0x10;
  const WriterTurn turn(node());
  if (node().stored != nullptr && (mode & kPunchHole) == 0) {
    if ((mode & ~(kKeepSize | kZeroRange)) != 0) return fail(Errno::notsup);
    if (offset + length > kLargestFile) return fail(Errno::fbig);
    if ((mode & kZeroRange) != 0) TRY(with_blocks(node(), [&] { return node().contents.punch(offset, length); }));
    TRY(reserve_in_volume(node(), offset, length));
  }
  return with_blocks(node(), [&] { return reserve_locked(mode, offset, length); });
}

Outcome<> MemoryFile::reserve_locked(u32 mode, u64 offset, u64 length) {
  constexpr u32 kKeepSize = 1, kPunchHole = 2, kZeroRange = 0x10;
  const u64 end = offset + length;
  Contents& contents = node().contents;
  if (mode == (kPunchHole | kKeepSize)) {
    TRY(require_unsealed_write(node(), 0));
    TRY(contents.punch(offset, length));
  } else if ((mode & ~(kKeepSize | kZeroRange)) == 0) {
    if (end > kLargestFile) return fail(Errno::fbig);
    if ((mode & kZeroRange) != 0 && node().stored == nullptr) {
      TRY(require_unsealed_write(node(), 0));
      TRY(contents.punch(offset, length));
    }
    if ((mode & kKeepSize) == 0) TRY(require_unsealed_resize(node(), end > contents.size() ? end : contents.size()));
    if (node().stored == nullptr) TRY(contents.reserve(offset, length));
    if ((mode & kKeepSize) == 0 && end > contents.size()) TRY(contents.resize(end));
  } else {
    return fail(Errno::notsup);
  }
  stamp_write(node());
  return {};
}

Outcome<u64> MemoryFile::control(u64 request, u64 argument) {
  constexpr u64 kBytesAvailable = 0x541b;  // FIONREAD
  if (request != kBytesAvailable) return fail(Errno::notty);
  u64 available = 0;
  {
    Guard guard(node().lock);
    const u64 size = node().contents.size();
    available = position_ < size ? size - position_ : 0;
  }
  TRY(store(argument, static_cast<u32>(available)));
  return u64{0};
}

Outcome<u64> MemoryFile::file_control(u32 operation, u64 argument) {
  if (const auto sealed = control_seals(*this, operation, argument); sealed.ok() || sealed.error() != Errno::nosys) {
    return sealed.ok() ? Outcome<u64>(*sealed) : fail(sealed.error());
  }
  return control_locks(*this, &node(), operation, argument);
}

}  // namespace sgxx::enclave
