// SPDX-License-Identifier: Apache-2.0
//
// The host calls on folders of the host's and the files in them, with the checks on their replies as in host_call.h: counts are
// at most what was asked, errors are of the call's list, what is said of a file is possible. Whether it is true, only the host
// knows.
#pragma once

#include <span>

#include "abi/folder.h"
#include "enclave/file/file_status.h"
#include "enclave/file/transfer.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave::host {

/// A path in the folder of that number; at most kLongestHostPath bytes.
struct FolderPath {
  u32 folder;
  Text path;
};

/// `handle` becomes the file; `flags` of open(2). What is neither a file nor a directory is EACCES. Its device is left 0.
Outcome<FileStatus> folder_open(u32 handle, const FolderPath& path, u32 flags, u32 mode);
/// At most kHostDataSize bytes; how many.
Outcome<u64> file_read(u32 handle, Transfer& transfer, u64 offset);
Outcome<u64> file_write(u32 handle, Transfer& transfer, u64 offset);
/// The same at the end of the file; `end` is where it ended.
Outcome<u64> file_append(u32 handle, Transfer& transfer, u64& end);
/// What is neither a file, nor a directory, nor a symbolic link is EACCES. Its device is left 0.
Outcome<FileStatus> file_status(u32 handle);
/// Whole blocks of 4096 bytes, at most kHostDataSize of them, each to its place in the runtime's memory; how many.
Outcome<u64> file_read_blocks(u32 handle, u64 offset, std::span<u8* const> blocks);
/// From the runtime's memory, at most kHostDataSize bytes; how many.
Outcome<u64> file_write_bytes(u32 handle, u64 offset, ByteView bytes);
Outcome<FileStatus> folder_status(const FolderPath& path, bool follow);
/// Where data or a hole begins, not before `offset`; ENXIO.
Outcome<u64> file_find(u32 handle, u64 offset, bool data);
Outcome<> file_resize(u32 handle, u64 size);
Outcome<> file_sync(u32 handle, bool data_only);
Outcome<> file_reserve(u32 handle, u32 mode, u64 offset, u64 length);
/// The next names in a directory, as abi::FolderEntry that nobody has looked at, to `to`: room for kHostDataSize bytes. How many
/// bytes.
Outcome<u64> folder_list(u32 handle, bool restart, void* to);

Outcome<> folder_access(const FolderPath& path, u32 mode, bool follow);
Outcome<> folder_make(const FolderPath& path, u32 mode);
Outcome<> folder_remove(const FolderPath& path, bool directory);
/// Both in one folder.
Outcome<> folder_rename(const FolderPath& from, Text to, u32 flags);
Outcome<> folder_link(const FolderPath& from, Text to);
Outcome<> folder_make_link(const FolderPath& path, Text target);
/// Where a link leads, to `to`, which has room for kLongestHostPath bytes: not empty, without NUL.
Outcome<u64> folder_read_link(const FolderPath& path, char* to);
Outcome<> folder_set_mode(const FolderPath& path, u32 mode);
Outcome<> folder_set_times(const FolderPath& path, const abi::NewFileTimes& times, bool follow);
Outcome<abi::FolderSpace> folder_space(u32 folder);

}  // namespace sgxx::enclave::host
