// SPDX-License-Identifier: Apache-2.0
//
// Inodes of files in folders of the host's: the path that leads to the file, as the program called it. One inode serves all who
// use a path at the same time, as long as the host says that it is the same file, so that locks meet. When the program renames
// something, the inodes below it follow.
#pragma once

#include "enclave/vfs/mount.h"

namespace sgxx::enclave {

/// The path of an inode in its folder; the letters follow.
struct FolderName {
  FolderName* next;  // of all
  Inode* inode;
  char* path;
  u32 length;
  bool is_gone;  // the name was taken away
};

inline bool is_outside(const Inode& inode) { return inode.mount->kind == Mount::Kind::host; }

/// The inode at `path` in a mounted folder, of which the host says `status`.
Outcome<InodeReference> folder_inode(Mount& mount, Text path, const FileStatus& status);
/// Its path, to `to`, which has room for kLongestHostPath bytes; ENOENT when its name is gone.
Outcome<Text> folder_path_of(const Inode& inode, char* to);

/// The program gave `from` the name `to`, in place of what was there, or exchanged the two; or took `path` away.
void note_renamed(Mount& mount, Text from, Text to, bool exchanged);
void note_removed(Mount& mount, Text path);

/// For ~Inode.
void forget_folder_name(FolderName& name);

}  // namespace sgxx::enclave
