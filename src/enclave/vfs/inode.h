// SPDX-License-Identifier: Apache-2.0
//
// Inode: a file, whatever its names are. It lives while a directory entry, an open file or a working directory refers to it.
// Names (directories, links, parents) are guarded by one lock, the tree lock; what a single file holds (contents, attributes) by
// the inode's own, which may be taken under the tree lock and not the other way round.
#pragma once

#include "enclave/file/file_status.h"
#include "enclave/lock.h"
#include "enclave/vfs/contents.h"

namespace sgxx::enclave {

struct FolderName;
struct Inode;
struct Mount;
struct Pipe;
struct StoredFile;

/// A piece of text with no NUL behind it.
struct Text {
  const char* data = nullptr;
  u64 length = 0;
  bool operator==(const Text& other) const;
  template <u64 n>
  static constexpr Text of(const char (&literal)[n]) {
    return {literal, n - 1};
  }
};

/// Without the slashes at its beginning.
inline Text without_slashes(Text path) {
  while (path.length != 0 && *path.data == '/') path = {path.data + 1, path.length - 1};
  return path;
}

/// A name in a directory; its letters follow the structure.
struct Entry {
  Inode* inode;      // holds a reference
  Inode* directory;  // that it lies in
  Entry* next_in_bucket;
  Entry* next;  // in the order of creation
  Entry* previous;
  u64 sequence;  // grows from entry to entry: where a reader of the directory goes on
  u32 hash;
  u32 length;
  // In an encrypted volume (volume/stored_names.h).
  Entry* next_in_block;
  u32 block;
  Text name() const { return {reinterpret_cast<const char*>(this + 1), length}; }
};

/// The entries of a directory: a hash table, and a list in the order of creation.
class Directory {
 public:
  static constexpr u64 kLongestName = 255;
  Directory() = default;
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory();

  Entry* find(Text name) const;
  /// A new entry for `inode` in the directory `self`; ENOSPC. The name is not there yet.
  Outcome<Entry*> add(Inode& self, Text name, Inode& inode);
  void remove(Entry& entry);
  u64 count() const { return count_; }
  Entry* first() const { return first_; }
  /// The first entry whose sequence is at least `sequence`.
  Entry* from(u64 sequence) const;

 private:
  Outcome<> grow();
  Entry** buckets_ = nullptr;
  u64 bucket_count_ = 0;
  u64 count_ = 0;
  u64 next_sequence_ = 2;  // 0 and 1 are . and ..
  Entry* first_ = nullptr;
  Entry* last_ = nullptr;
};

/// What answers reads and writes of a file that is no memory: an enumerator of synthetic.h, or 0.
using SyntheticId = u32;

/// Times in nanoseconds of CLOCK_REALTIME.
struct FileTimes {
  i64 accessed = 0, modified = 0, changed = 0, born = 0;
  u64 reads_since_look = 0;
};

struct Inode {
  Inode(Mount& owner, u32 type_and_permissions);
  ~Inode();
  void acquire() { references.fetch_add(1, std::memory_order_relaxed); }
  void release();
  /// False when it is ending already.
  bool try_acquire();

  u32 type() const { return mode & file_mode::format; }
  bool is(u32 format) const { return type() == format; }
  bool is_directory() const { return is(file_mode::directory); }
  Text target_text() const { return {target, target_length}; }

  std::atomic<u32> references{1};
  u32 mode;  // S_IF* and permissions
  u32 uid, gid;
  u32 links = 0;
  bool was_named = false;
  u64 number;
  Mount* mount;
  SpinLock lock;
  FileTimes times;
  Contents contents;  // of a regular file
  u64 seals = 0;      // F_SEAL_*
  bool can_be_sealed = false;
  Directory entries;            // of a directory
  Inode* parent = nullptr;      // of a directory: the one that it lies in, with a reference; nullptr: itself
  Entry* entry = nullptr;       // the newest name, or nullptr when it is gone
  Inode* covered_by = nullptr;  // the root of what is mounted here
  char* target = nullptr;       // of a symbolic link
  u32 target_length = 0;
  bool owns_target = true;  // false: it lies in what was measured
  SyntheticId synthetic = 0;
  u64 device = 0;                     // of a device: its number
  Pipe* pipe = nullptr;               // of a FIFO, while it is open
  StoredFile* stored = nullptr;       // of a file in an encrypted volume
  FolderName* folder_name = nullptr;  // of a file in a folder of the host's, unless it is the root
};

/// A counted reference to an inode.
class InodeReference {
 public:
  InodeReference() = default;
  /// Adds a reference.
  explicit InodeReference(Inode* inode) : inode_(inode) {
    if (inode_ != nullptr) inode_->acquire();
  }
  /// Takes over one that the caller owns.
  static InodeReference adopt(Inode* inode) {
    InodeReference reference;
    reference.inode_ = inode;
    return reference;
  }
  InodeReference(InodeReference&& other) noexcept : inode_(std::exchange(other.inode_, nullptr)) {}
  InodeReference& operator=(InodeReference&& other) noexcept {
    std::swap(inode_, other.inode_);
    return *this;
  }
  ~InodeReference() {
    if (inode_ != nullptr) inode_->release();
  }
  Inode* get() const { return inode_; }
  Inode& operator*() const { return *inode_; }
  Inode* operator->() const { return inode_; }

 private:
  Inode* inode_ = nullptr;
};

/// Nanoseconds since 1970 as stat shows them.
FileStatus::Time time_of(i64 nanoseconds);
/// Now, as files are stamped: 0 when the program is not granted the time.
i64 file_time_now();
/// While it lives, on one thread alone: all files are stamped with its beginning, so that boot asks the host for the time once.
class OneFileTime {
 public:
  OneFileTime();
  ~OneFileTime();
};

/// The bits of R (4), W (2), X (1) that the program's user may not have are EACCES.
Outcome<> require_access(const Inode& inode, u32 wanted);

Outcome<FileStatus> status_of(Inode& inode);

}  // namespace sgxx::enclave
