// SPDX-License-Identifier: Apache-2.0
//
// What crosses in host calls on folders of the host's and the files in them. Nothing that the host says of a file is more than
// its word: the enclave checks that it is possible, not that it is true.
#pragma once

#include "base/bytes.h"

namespace sgxx::abi {

/// A time of a file.
struct HostFileTime {
  i64 seconds;
  i64 nanoseconds;  // 0 to 999999999
};

/// What stat says. `mode` has the type, S_IF*.
struct FileAttributes {
  u64 number;  // of the inode
  u64 size;    // bytes
  u64 blocks;  // units of 512 bytes
  u64 links;
  u32 mode;
  u32 owned;  // bit 0: its user is the one that sgxx runs as; bit 1: its group is
  HostFileTime accessed, modified, changed;
};
static_assert(Crossable<FileAttributes> && sizeof(FileAttributes) == 88);

/// Times to set; `nanoseconds` may be UTIME_NOW or UTIME_OMIT. The path follows.
struct NewFileTimes {
  HostFileTime accessed, modified;
};
static_assert(Crossable<NewFileTimes> && sizeof(NewFileTimes) == 32);

/// A name in a directory, . and .. left out. Its bytes follow, without NUL, padded to a multiple of 8.
struct FolderEntry {
  u64 number;  // of the inode
  u32 length;  // bytes of the name, 1 to 255
  u32 type;    // S_IF*, 0: not known
};
static_assert(Crossable<FolderEntry> && sizeof(FolderEntry) == 16);

/// What statfs says, in units of `block_size` bytes.
struct FolderSpace {
  u64 block_size, blocks, free_blocks, available_blocks, files, free_files;
};
static_assert(Crossable<FolderSpace> && sizeof(FolderSpace) == 48);

/// The longest path or link target in a call.
inline constexpr u64 kLongestHostPath = 4095;

/// The errors that each kind of these calls may have, by their numbers in the Linux ABI; the host says EIO for any other.
/// On names: EPERM ENOENT EIO ENXIO ENOMEM EACCES EBUSY EEXIST EXDEV ENOTDIR EISDIR EINVAL ENFILE EMFILE EFBIG ENOSPC EROFS
/// EMLINK ENAMETOOLONG ENOTEMPTY ELOOP ETXTBSY EOPNOTSUPP ESTALE EDQUOT.
inline constexpr i32 kNameErrors[] = {1,  2,  5,  6,  12, 13, 16, 17, 18, 20, 21,  22, 23,
                                      24, 27, 28, 30, 31, 36, 39, 40, 26, 95, 116, 122};
/// On open files, where nothing changes: EIO ENXIO ENOMEM ESTALE EBADF.
inline constexpr i32 kReadErrors[] = {5, 6, 12, 116, 9};
/// On open files: also EPERM EACCES EINVAL EFBIG ENOSPC EROFS ETXTBSY EOPNOTSUPP EDQUOT.
inline constexpr i32 kWriteErrors[] = {5, 12, 116, 9, 1, 13, 22, 27, 28, 30, 26, 95, 122};

}  // namespace sgxx::abi
