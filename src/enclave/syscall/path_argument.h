// SPDX-License-Identifier: Apache-2.0
//
// The path of a system call, and where it starts: a directory's descriptor or the working directory.
#pragma once

#include "enclave/folder/attributes.h"
#include "enclave/vfs/walk.h"

namespace sgxx::enclave::syscall {

/// AT_*.
inline constexpr u64 kWorkingDirectory = static_cast<u64>(-100);
namespace at {
inline constexpr u64 no_follow = 0x100, remove_directory = 0x200, effective_access = 0x200, follow = 0x400, no_automount = 0x800,
                     empty_path = 0x1000, statx_sync = 0x6000;
}

class PathArgument {
 public:
  /// EFAULT, ENAMETOOLONG, and for a relative path EBADF and ENOTDIR.
  static Outcome<PathArgument> load(u64 directory, u64 path);

  bool is_empty() const { return path_.is_empty(); }
  /// Where it leads when that is beneath a folder of the host's, or with Roots::too the folder itself or any other file of the
  /// host's. No lock is held. Otherwise the path is one of the enclave's own afterwards, whatever it passed through.
  enum class Roots : bool { not_themselves, too };
  Outcome<std::optional<FolderPlace>> outside(Follow follow, Roots roots);
  /// The walk over the path; the tree lock is held.
  Outcome<> walk(Walk& walk, Follow follow) const;

 private:
  PathArgument(ProgramPath path, InodeReference start) : path_(std::move(path)), start_(std::move(start)) {}
  ProgramPath path_;
  InodeReference start_;  // none: the root, or the working directory
};

/// The file that a path names; with AT_EMPTY_PATH in `flags` also the one behind the descriptor.
Outcome<InodeReference> find_file(u64 directory, u64 path, Follow follow, u64 flags = 0);
/// The inode of an open file; `missing` when it has none.
Outcome<InodeReference> inode_behind(u64 descriptor, Errno missing);
/// The same of a file whose attributes may be changed through the descriptor: EBADF for O_PATH, EPERM when it has none.
Outcome<InodeReference> changeable_inode(u64 descriptor);

}  // namespace sgxx::enclave::syscall
