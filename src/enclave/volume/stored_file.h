// SPDX-License-Identifier: Apache-2.0
//
// StoredFile: what an inode of an encrypted volume is there: an object of the engine, and what of it waits to be written. It ends
// not with its inode but with the commit behind that, which removes the object.
//
// The functions are what Contents needs of the volume; the inode's lock is held.
#pragma once

#include <atomic>

#include "enclave/thread/sleep_lock.h"
#include "enclave/volume/stored_names.h"
#include "volume/volume.h"

namespace sgxx::enclave {

class MountedVolume;
struct Inode;
struct StoredFile;

/// A place in a list of files.
struct StoredLink {
  StoredFile* next = nullptr;
  StoredFile* previous = nullptr;
  std::atomic<bool> is_in{false};
};

/// A list through `link` of its files; the volume's list lock guards it.
template <StoredLink StoredFile::*link>
class StoredList {
 public:
  StoredFile* first() const { return first_; }
  void append(StoredFile& file) {
    StoredLink& at = file.*link;
    if (at.is_in.load()) return;
    at.next = nullptr;
    at.previous = last_;
    at.is_in.store(true);
    (last_ != nullptr ? (last_->*link).next : first_) = &file;
    last_ = &file;
  }
  void remove(StoredFile& file) {
    StoredLink& at = file.*link;
    if (!at.is_in.load()) return;
    (at.previous != nullptr ? (at.previous->*link).next : first_) = at.next;
    (at.next != nullptr ? (at.next->*link).previous : last_) = at.previous;
    at.next = at.previous = nullptr;
    at.is_in.store(false, std::memory_order_release);
  }

 private:
  StoredFile* first_ = nullptr;
  StoredFile* last_ = nullptr;
};

struct StoredFile {
  MountedVolume* volume = nullptr;
  volume::Object* object = nullptr;
  Inode* inode = nullptr;   // nullptr: gone
  SleepLock writers;        // of who writes to it or changes its size, all the while
  StoredNames names;        // of a directory
  bool has_target = false;  // of a symbolic link: the object holds it
  u64 promised = 0;         // blocks, for names or the target; guarded by the tree lock
  u64 expected = 0;         // the page that a reader who goes through the file needs next
  u64 window = 0;           // how many pages it was given last
  u64 flush_from = 0;       // where the next flush begins
  StoredLink changed, dirty, resident, mapped;
};

Outcome<> promise_block(StoredFile& file);  // ENOSPC as Errno::volume_full
void unpromise_block(StoredFile& file);
/// One of the pages that are being flushed had no promise.
void count_unpromised(StoredFile& file);
void note_dirty(StoredFile& file);
void note_clean(StoredFile& file);
void note_resident(StoredFile& file);
Outcome<> read_block(StoredFile& file, u64 index, u64 address);
Outcome<> cut_blocks(StoredFile& file, u64 blocks);
Outcome<> punch_blocks(StoredFile& file, u64 first, u64 count);

}  // namespace sgxx::enclave
