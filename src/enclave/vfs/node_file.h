// SPDX-License-Identifier: Apache-2.0
//
// Open files that stand on an inode.
#pragma once

#include "enclave/file/open_file.h"
#include "enclave/thread/sleep_lock.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class NodeFile : public OpenFile {
 public:
  Outcome<FileStatus> status() { return status_of(*inode_); }
  Inode* inode() const { return inode_.get(); }

 protected:
  NodeFile(FileKind kind, u32 flags, Inode& inode) : OpenFile(kind, flags), inode_(&inode) {}
  ~NodeFile();  // its locks go with it
  Inode& node() const { return *inode_; }

 private:
  InodeReference inode_;
};

/// A regular file in memory.
class MemoryFile : public NodeFile {
 public:
  MemoryFile(u32 flags, Inode& inode) : NodeFile(FileKind::memory, flags, inode) {}
  Outcome<> read(Transfer& transfer);
  Outcome<> write(Transfer& transfer);
  Outcome<> read_at(Transfer& transfer, u64 offset);
  Outcome<> write_at(Transfer& transfer, u64 offset);
  Outcome<u64> seek(i64 offset, u32 whence);
  Outcome<> truncate(u64 size);
  Outcome<> synchronise();
  Outcome<> reserve(u32 mode, u64 offset, u64 length);
  Outcome<u64> control(u64 request, u64 argument);
  Outcome<u64> file_control(u32 operation, u64 argument);
  bool can_be_polled() const { return false; }

 private:
  Outcome<> write_locked(Transfer& transfer, u64& position);
  Outcome<> reserve_locked(u32 mode, u64 offset, u64 length);
  u64 position_ = 0;  // guarded by the inode's lock
  SleepLock turn_;    // of who reads or writes at the position, in a volume, where that may take several goes
};

/// Truncates or extends a regular file: EPERM (sealed), EFBIG.
Outcome<> resize_file(Inode& inode, u64 size);

/// A directory, for reading its names.
class DirectoryFile : public NodeFile {
 public:
  DirectoryFile(u32 flags, Inode& inode) : NodeFile(FileKind::directory, flags, inode) {}
  Outcome<> read(Transfer&) { return fail(Errno::isdir); }
  Outcome<> read_at(Transfer&, u64) { return fail(Errno::isdir); }
  Outcome<u64> seek(i64 offset, u32 whence);
  Outcome<> synchronise();
  /// struct linux_dirent64 for as many entries as fit into `length` bytes at `to`; how many bytes. EINVAL when none fits.
  Outcome<u64> list(u64 to, u64 length);
  bool can_be_polled() const { return false; }

 private:
  SpinLock lock_;
  u64 position_ = 0;  // the sequence of the entry that comes next
};

/// O_PATH: a place in the tree, which can be asked for its attributes and serve as a starting point, and nothing else.
class PathFile : public NodeFile {
 public:
  PathFile(u32 flags, Inode& inode) : NodeFile(FileKind::path, flags, inode) {}
  Outcome<> read(Transfer&) { return fail(Errno::badf); }
  Outcome<> write(Transfer&) { return fail(Errno::badf); }
  Outcome<> read_at(Transfer&, u64) { return fail(Errno::badf); }
  Outcome<> write_at(Transfer&, u64) { return fail(Errno::badf); }
  Outcome<u64> seek(i64, u32) { return fail(Errno::badf); }
  Outcome<> truncate(u64) { return fail(Errno::badf); }
  Outcome<> synchronise() { return fail(Errno::badf); }
  Outcome<> reserve(u32, u64, u64) { return fail(Errno::badf); }
  Outcome<u64> list(u64, u64) { return fail(Errno::badf); }
  Outcome<u64> control(u64, u64) { return fail(Errno::badf); }
  Outcome<u64> file_control(u32, u64) { return fail(Errno::badf); }
  Outcome<> set_flags(u32) { return fail(Errno::badf); }
};

}  // namespace sgxx::enclave
