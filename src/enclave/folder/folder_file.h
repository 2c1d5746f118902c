// SPDX-License-Identifier: Apache-2.0
//
// Open files and directories in folders of the host's. Positions are the enclave's own; every byte, size and name is asked of
// the host when the program asks for it.
#pragma once

#include "enclave/folder/listing.h"
#include "enclave/folder/place.h"
#include "enclave/memory/mappings.h"
#include "enclave/vfs/node_file.h"

namespace sgxx::enclave {

class FolderFile : public NodeFile {
 public:
  FolderFile(u32 flags, Inode& inode, u32 handle) : NodeFile(FileKind::folder_file, flags, inode), handle_(handle) {}
  ~FolderFile();
  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<> read_at(Transfer& transfer, u64 offset);
  Outcome<> write_at(Transfer& transfer, u64 offset);
  Outcome<u64> seek(i64 offset, u32 whence);
  Outcome<FileStatus> status();
  Outcome<> truncate(u64 size);
  Outcome<> synchronise();
  Outcome<> reserve(u32 mode, u64 offset, u64 length);
  Outcome<u64> control(u64 request, u64 argument);
  Outcome<u64> file_control(u32 operation, u64 argument);
  bool can_be_polled() const { return false; }

  /// A copy of what lies at `offset` in the program's memory, made now.
  Outcome<u64> map(const MapRequest& request, u64 offset);

 private:
  Outcome<> write_from(Transfer& transfer, u64& position);
  u32 handle_;
  SpinLock lock_;  // held while the host reads or writes: threads that share a position take turns
  u64 position_ = 0;
};

class FolderDirectory : public NodeFile {
 public:
  FolderDirectory(u32 flags, Inode& inode, u32 handle) : NodeFile(FileKind::folder, flags, inode), handle_(handle) {}
  ~FolderDirectory();
  Outcome<> read(Transfer&) { return fail(Errno::isdir); }
  Outcome<> read_at(Transfer&, u64) { return fail(Errno::isdir); }
  Outcome<u64> seek(i64 offset, u32 whence);
  Outcome<FileStatus> status();
  Outcome<> synchronise();
  Outcome<u64> list(u64 to, u64 length);
  bool can_be_polled() const { return false; }

 private:
  u32 handle_;
  SpinLock lock_;
  u64 position_ = 0;  // 0 and 1 are . and ..; behind them positions of the listing
  bool is_loaded_ = false;
  Listing listing_;
};

/// Opens what is at `place`, or makes it: `flags` and `mode` of open(2).
Outcome<FileReference> open_in_folder(const FolderPlace& place, u32 flags, u32 mode);

}  // namespace sgxx::enclave
