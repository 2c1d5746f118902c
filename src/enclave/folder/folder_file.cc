// SPDX-License-Identifier: Apache-2.0
#include "enclave/folder/folder_file.h"

#include "enclave/folder/node.h"
#include "enclave/host_handles.h"
#include "enclave/memory/page_map.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/vfs/directory_record.h"
#include "enclave/vfs/record_lock.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kLargestOffset = ~u64{0} >> 1;

u64 least(u64 a, u64 b) { return a < b ? a : b; }

Outcome<FileStatus> status_behind(u32 handle, const Inode& inode) {
  FileStatus status = TRY(host::file_status(handle));
  status.device = inode.mount->device;
  return status;
}

/// Until everything was read, or nothing more is there.
Outcome<> read_all(u32 handle, Transfer& transfer, u64 offset) {
  transfer.limit(kLargestOffset - offset);
  while (transfer.remaining() != 0) {
    const u64 asked = least(transfer.remaining(), abi::kHostDataSize);
    const u64 count = TRY(host::file_read(handle, transfer, offset));
    offset += count;
    if (count < asked) break;
  }
  return {};
}

}  // namespace

FolderFile::~FolderFile() { close_handle(handle_); }

Outcome<> FolderFile::read(Transfer& transfer) {
  Guard guard(lock_);
  const u64 before = transfer.done();
  const Outcome<> ended = read_all(handle_, transfer, position_);
  position_ += transfer.done() - before;
  return ended.ok() ? Outcome<>{} : fail(ended.error());
}

Outcome<> FolderFile::read_at(Transfer& transfer, u64 offset) { return read_all(handle_, transfer, offset); }

Outcome<> FolderFile::write_from(Transfer& transfer, u64& position) {
  const bool appends = (flags() & open_flag::append) != 0;
  if (!appends && transfer.remaining() != 0 && position == kLargestOffset) return fail(Errno::fbig);
  if (!appends) transfer.limit(kLargestOffset - position);
  while (transfer.remaining() != 0) {
    const u64 asked = least(transfer.remaining(), abi::kHostDataSize);
    u64 end = position;
    const u64 count = TRY(appends ? host::file_append(handle_, transfer, end) : host::file_write(handle_, transfer, position));
    position = appends ? end : position + count;
    if (count < asked) break;
  }
  return {};
}

Outcome<> FolderFile::write(Transfer& transfer) {
  Guard guard(lock_);
  return write_from(transfer, position_);
}

Outcome<> FolderFile::write_at(Transfer& transfer, u64 offset) { return write_from(transfer, offset); }

Outcome<u64> FolderFile::seek(i64 offset, u32 whence) {
  enum : u32 { set, current, end, data, hole };
  Guard guard(lock_);
  if (whence > hole) return fail(Errno::inval);
  if (whence >= data) {
    if (offset < 0) return fail(Errno::nxio);
    return position_ = TRY(host::file_find(handle_, static_cast<u64>(offset), whence == data));
  }
  const u64 size = whence == end ? static_cast<u64>(TRY(host::file_status(handle_)).size) : 0;
  const i64 base = static_cast<i64>(whence == set ? 0 : whence == current ? position_ : size);
  i64 target = 0;
  if (__builtin_add_overflow(base, offset, &target)) return fail(offset > 0 ? Errno::overflow : Errno::inval);
  if (target < 0) return fail(Errno::inval);
  return position_ = static_cast<u64>(target);
}

Outcome<FileStatus> FolderFile::status() { return status_behind(handle_, node()); }
Outcome<> FolderFile::truncate(u64 size) { return host::file_resize(handle_, size); }
Outcome<> FolderFile::synchronise() { return host::file_sync(handle_, false); }

Outcome<> FolderFile::reserve(u32 mode, u64 offset, u64 length) { return host::file_reserve(handle_, mode, offset, length); }

Outcome<u64> FolderFile::control(u64 request, u64 argument) {
  constexpr u64 kBytesAvailable = 0x541b;  // FIONREAD
  if (request != kBytesAvailable) return fail(Errno::notty);
  const u64 size = static_cast<u64>(TRY(host::file_status(handle_)).size);
  Guard guard(lock_);
  TRY(store(argument, static_cast<u32>(position_ < size ? size - position_ : 0)));
  return u64{0};
}

Outcome<u64> FolderFile::file_control(u32 operation, u64 argument) { return control_locks(*this, &node(), operation, argument); }

Outcome<u64> FolderFile::map(const MapRequest& request, u64 offset) {
  MapRequest writable = request;
  writable.rights = page::readable | page::writable;
  const u64 address = TRY(map_memory(writable));
  const u64 length = align_up(request.length, kPageSize);
  accept_memory(address, length);
  u64 done = 0;
  while (done < length) {
    Transfer transfer(address + done, length - done);
    const u64 asked = transfer.remaining();
    const Outcome<> ended = read_all(handle_, transfer, offset + done);
    done += transfer.done();
    if (!ended.ok()) {
      (void)unmap_memory(address, length);
      return fail(ended.error());
    }
    if (transfer.done() < asked) break;
  }
  const u64 covered = align_up(done, kPageSize);
  if (covered != 0) TRY(protect_memory(address, covered, request.rights));
  if (covered != length) TRY(close_behind_file(address + covered, length - covered));
  return address;
}

FolderDirectory::~FolderDirectory() { close_handle(handle_); }

Outcome<FileStatus> FolderDirectory::status() { return status_behind(handle_, node()); }
Outcome<> FolderDirectory::synchronise() { return host::file_sync(handle_, false); }

// A listing is made when the reader is at the start, and again when it has come back there.
Outcome<u64> FolderDirectory::list(u64 to, u64 length) {
  Guard guard(lock_);
  if (position_ == 0 || !is_loaded_) {
    is_loaded_ = false;
    TRY(listing_.load(handle_));
    is_loaded_ = true;
  }
  DirectoryRecords records(to, length);
  u64 position = position_;
  for (; position < 2; ++position) {
    // What lies above the folder has a number of the enclave's own, which nobody needs.
    if (!TRY(records.put(node().number, file_mode::directory, position == 0 ? Text::of(".") : Text::of(".."), position + 1)))
      break;
  }
  while (position >= 2) {
    const auto name = listing_.at(position - 2);
    if (!name && records.done() == 0) return u64{0};
    if (!name || !TRY(records.put(name->number, name->type, name->text, name->next + 2))) break;
    position = name->next + 2;
  }
  if (records.done() == 0) return fail(Errno::inval);
  position_ = position;
  return records.done();
}

Outcome<u64> FolderDirectory::seek(i64 offset, u32 whence) {
  Guard guard(lock_);
  position_ = TRY(directory_position(position_, offset, whence));
  return position_;
}

namespace {

constexpr u32 kForHost = open_flag::access_mode | open_flag::create | open_flag::exclusive | open_flag::truncate |
                         open_flag::directory | open_flag::no_follow;
// What F_GETFL never shows.
constexpr u32 kOnlyAtOpen = open_flag::create | open_flag::exclusive | open_flag::no_controlling_terminal | open_flag::truncate |
                            open_flag::close_on_exec;

/// O_PATH: nothing is opened, but the file is there.
Outcome<FileReference> open_path(const FolderPlace& place, u32 flags) {
  constexpr u32 kKept = open_flag::path | open_flag::directory | open_flag::no_follow;
  const FileStatus status = TRY(host::folder_status(place.for_host(), (flags & open_flag::no_follow) == 0));
  const bool is_directory = (status.mode & file_mode::format) == file_mode::directory;
  if ((flags & open_flag::directory) != 0 && !is_directory) return fail(Errno::notdir);
  const InodeReference inode = TRY(folder_inode(place.mount(), place.path(), status));
  return FileReference(TRY(create<PathFile>(flags & kKept, *inode)));
}

/// What may be asked for where nothing can be changed: O_CREAT of what is there already means nothing.
Outcome<u32> read_only_flags(const FolderPlace& place, u32 flags) {
  const bool creates = (flags & open_flag::create) != 0;
  const bool writes = (flags & open_flag::access_mode) != open_flag::read_only || (flags & open_flag::truncate) != 0;
  if (!creates && !writes) return flags;
  const auto status = host::folder_status(place.for_host(), (flags & open_flag::no_follow) == 0);
  if (!status.ok()) return fail(status.error() == Errno::noent && creates ? Errno::rofs : status.error());
  if (creates && (flags & open_flag::exclusive) != 0) return fail(Errno::exist);
  const bool is_directory = (status->mode & file_mode::format) == file_mode::directory;
  if (is_directory && (writes || creates)) return fail(Errno::isdir);
  if (writes) return fail(Errno::rofs);
  return flags & ~open_flag::create;
}

Outcome<FileReference> make_file(const FolderPlace& place, u32 flags, u32 handle, const FileStatus& status) {
  const u32 kept = (flags & ~kOnlyAtOpen) | open_flag::large_file;
  const InodeReference inode = TRY(folder_inode(place.mount(), place.path(), status));
  if ((status.mode & file_mode::format) != file_mode::directory) {
    if ((flags & open_flag::directory) != 0) return fail(Errno::notdir);
    return FileReference(TRY(create<FolderFile>(kept, *inode, handle)));
  }
  if ((flags & open_flag::access_mode) != open_flag::read_only) return fail(Errno::isdir);
  return FileReference(TRY(create<FolderDirectory>(kept, *inode, handle)));
}

}  // namespace

Outcome<FileReference> open_in_folder(const FolderPlace& place, u32 flags, u32 mode) {
  if ((flags & open_flag::path) != 0) return open_path(place, flags);
  // A file without a name could not get one here, where files are known by their paths.
  if ((flags & open_flag::temporary) != 0) return fail(Errno::notsup);
  if ((flags & open_flag::create) != 0 && (flags & open_flag::directory) != 0) return fail(Errno::inval);
  if (place.mount().read_only) flags = TRY(read_only_flags(place, flags));
  const u32 handle = TRY(take_handle());
  const auto status = host::folder_open(handle, place.for_host(), flags & kForHost, mode);
  if (!status.ok()) {
    give_handle(handle);
    return fail(status.error());
  }
  auto file = make_file(place, flags, handle, *status);
  if (!file.ok()) {
    close_handle(handle);
    return fail(file.error());
  }
  return std::move(*file);
}

}  // namespace sgxx::enclave
