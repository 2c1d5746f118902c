// SPDX-License-Identifier: Apache-2.0
//
// What is asked and changed of files in folders of the host's by their names.
#pragma once

#include "enclave/folder/node.h"
#include "enclave/folder/place.h"

namespace sgxx::enclave {

/// stat of what is at `place`, and the inode for it.
Outcome<FileStatus> status_in_folder(const FolderPlace& place, bool follow);
Outcome<InodeReference> find_in_folder(const FolderPlace& place, bool follow);

// Of inodes in a folder of the host's.
Outcome<FileStatus> folder_status_of(const Inode& inode);
Outcome<> folder_access_to(const Inode& inode, u32 mode);
Outcome<> change_folder_mode(const Inode& inode, u32 mode);
Outcome<> change_folder_times(const Inode& inode, const abi::NewFileTimes& times);
/// Where a link leads, to `to`, which has room for kLongestHostPath bytes.
Outcome<Text> folder_link_target(const Inode& inode, char* to);
/// truncate(2).
Outcome<> resize_in_folder(const Inode& inode, u64 size);

// Names.
Outcome<> make_folder_directory(const FolderPlace& place, u32 mode);
Outcome<> make_folder_file(const FolderPlace& place, u32 mode);
Outcome<> make_folder_link(const FolderPlace& place, Text target);
/// A second name for a file.
Outcome<> link_in_folder(const Inode& inode, const FolderPlace& place);
Outcome<> remove_folder_file(const FolderPlace& place);
Outcome<> remove_folder_directory(const FolderPlace& place);
Outcome<> rename_in_folder(const FolderPlace& from, const FolderPlace& to, u32 flags);

}  // namespace sgxx::enclave
