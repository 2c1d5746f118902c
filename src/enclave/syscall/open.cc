// SPDX-License-Identifier: Apache-2.0
//
// Opening files by name, and files that never get one.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/path_argument.h"
#include "enclave/syscall/table.h"
#include "enclave/vfs/synthetic.h"
#include "enclave/volume/stored_names.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u32 kReadAccess = 4, kWriteAccess = 2;
constexpr u32 kTemporary = open_flag::temporary | open_flag::directory;
// What F_GETFL never shows.
constexpr u32 kOnlyAtOpen = open_flag::create | open_flag::exclusive | open_flag::no_controlling_terminal | open_flag::truncate |
                            open_flag::close_on_exec;

u32 access_wanted(u32 flags) {
  const u32 mode = flags & open_flag::access_mode;
  const u32 wanted = (mode != open_flag::write_only ? kReadAccess : 0) | (mode != open_flag::read_only ? kWriteAccess : 0);
  return (flags & open_flag::truncate) != 0 ? wanted | kWriteAccess : wanted;
}

CloseOnExec close_on_exec_in(u32 flags) { return (flags & open_flag::close_on_exec) != 0 ? CloseOnExec::yes : CloseOnExec::no; }

/// An existing file may be opened so.
Outcome<> check_open(const Inode& inode, u32 flags) {
  if ((flags & open_flag::path) != 0) {
    return (flags & open_flag::directory) != 0 && !inode.is_directory() ? Outcome<>(fail(Errno::notdir)) : Outcome<>{};
  }
  if (inode.is(file_mode::link)) return fail(Errno::loop);
  const u32 wanted = access_wanted(flags);
  if (inode.is_directory() && ((wanted & kWriteAccess) != 0 || (flags & open_flag::create) != 0)) return fail(Errno::isdir);
  if ((flags & open_flag::directory) != 0 && !inode.is_directory()) return fail(Errno::notdir);
  const bool is_memory = inode.is(file_mode::regular) || inode.is_directory();
  if ((wanted & kWriteAccess) != 0 && is_memory && inode.mount->read_only) {
    TRY(require_access(inode, wanted & ~kWriteAccess));
    return fail(Errno::rofs);
  }
  return require_access(inode, wanted);
}

/// A new regular file in `directory`, called `name`.
Outcome<InodeReference> make_file(Inode& directory, Text name, u32 mode) {
  InodeReference inode = TRY(make_inode(*directory.mount, file_mode::regular | (mode & file_mode::permissions & ~file_mask())));
  TRY(add_name(directory, name, *inode));
  directory.times.modified = directory.times.changed = inode->times.born;
  return inode;
}

/// What `flags` and `mode` ask for at the end of a walk; the tree lock is held.
Outcome<InodeReference> find_or_make(const Walk& walk, u32 flags, u32 mode) {
  const bool creates = (flags & open_flag::create) != 0;
  if (walk.inode == nullptr) {
    if (!creates) return fail(Errno::noent);
    if (walk.slash) return fail(Errno::isdir);
    return make_file(*TRY(walk.vacant(Walk::Makes::other)), walk.name, mode);
  }
  if (creates && (flags & open_flag::exclusive) != 0) return fail(Errno::exist);
  if (walk.slash && creates) return fail(Errno::isdir);
  TRY(check_open(*walk.inode, flags));
  return InodeReference(walk.inode);
}

/// O_TMPFILE: a file in the mount of a directory, without a name.
Outcome<InodeReference> make_nameless(const Walk& walk, u32 flags, u32 mode) {
  Inode* const directory = TRY(walk.existing());
  if (!directory->is_directory()) return fail(Errno::notdir);
  if ((access_wanted(flags) & kWriteAccess) == 0) return fail(Errno::inval);
  TRY(require_changeable(*directory));
  return make_inode(*directory->mount, file_mode::regular | (mode & file_mode::permissions & ~file_mask()));
}

Outcome<FileReference> open_inode(Inode& inode, u32 flags) {
  if ((flags & open_flag::path) != 0) {
    constexpr u32 kKept = open_flag::path | open_flag::directory | open_flag::no_follow;
    return FileReference(TRY(create<PathFile>(flags & kKept, inode)));
  }
  const u32 kept = (flags & ~kOnlyAtOpen) | open_flag::large_file;
  if (inode.is_directory()) return FileReference(TRY(create<DirectoryFile>(kept, inode)));
  if (inode.synthetic != 0) return open_synthetic(inode, kept);
  if (inode.is(file_mode::fifo)) return PipeEnd::open_fifo(inode, kept);
  if (!inode.is(file_mode::regular)) return fail(Errno::nxio);
  if ((flags & open_flag::truncate) != 0) TRY(resize_file(inode, 0));
  return FileReference(TRY(create<MemoryFile>(kept, inode)));
}

Outcome<u64> open_at(u64 directory, u64 path, u64 raw_flags, u64 mode) {
  const u32 flags = static_cast<u32>(raw_flags);
  const bool nameless = (flags & kTemporary) == kTemporary;
  if ((flags & open_flag::temporary) != 0 && !nameless) return fail(Errno::inval);
  PathArgument argument = TRY(PathArgument::load(directory, path));
  const bool exclusive = (flags & open_flag::create) != 0 && (flags & open_flag::exclusive) != 0;
  const Follow follow = exclusive || (flags & open_flag::no_follow) != 0 ? Follow::no : Follow::yes;
  if (const auto place = TRY(argument.outside(follow, PathArgument::Roots::too))) {
    const u32 permissions = static_cast<u32>(mode) & file_mode::permissions & ~file_mask();
    return open_descriptor(TRY(open_in_folder(*place, flags, permissions)), close_on_exec_in(flags));
  }
  // A pipe or a socket behind /proc/self/fd is not opened anew: the descriptor is duplicated.
  std::optional<FileReference> behind;
  const auto find = [&](Reserve) -> Outcome<InodeReference> {
    Guard guard(tree_lock);
    Walk walk;
    TRY(argument.walk(walk, follow));
    if (walk.descriptor != Walk::kNoDescriptor) {
      behind.emplace(TRY(file_or_path_of(walk.descriptor)));
      return InodeReference();
    }
    return nameless ? make_nameless(walk, flags, static_cast<u32>(mode)) : find_or_make(walk, flags, static_cast<u32>(mode));
  };
  const InodeReference inode = TRY(with_names(find));
  if (behind) return open_descriptor(std::move(*behind), close_on_exec_in(flags));
  return open_descriptor(TRY(open_inode(*inode, flags)), close_on_exec_in(flags));
}

}  // namespace

Outcome<u64> open(SyscallFrame& frame) { return open_at(kWorkingDirectory, frame.rdi, frame.rsi, frame.rdx); }
Outcome<u64> openat(SyscallFrame& frame) { return open_at(frame.rdi, frame.rsi, frame.rdx, frame.r10); }

Outcome<u64> creat(SyscallFrame& frame) {
  return open_at(kWorkingDirectory, frame.rdi, open_flag::create | open_flag::write_only | open_flag::truncate, frame.rsi);
}

Outcome<u64> memfd_create(SyscallFrame& frame) {
  constexpr u64 kCloseOnExec = 1, kAllowSealing = 2, kNoExecSeal = 8, kExec = 0x10;
  constexpr u64 kLongestName = 249;
  if ((frame.rsi & ~(kCloseOnExec | kAllowSealing | kNoExecSeal | kExec)) != 0) return fail(Errno::inval);
  const ProgramPath name = TRY(ProgramPath::load(frame.rdi));
  if (name.text().length > kLongestName) return fail(Errno::inval);
  const InodeReference inode = TRY(make_inode(anonymous_mount(), file_mode::regular | 0777));
  inode->can_be_sealed = true;
  inode->seals = (frame.rsi & kAllowSealing) != 0 ? 0 : 1;  // F_SEAL_SEAL
  auto* const file = TRY(create<MemoryFile>(open_flag::read_write | open_flag::large_file, *inode));
  return open_descriptor(FileReference(file), (frame.rsi & kCloseOnExec) != 0 ? CloseOnExec::yes : CloseOnExec::no);
}

}  // namespace sgxx::enclave::syscall
