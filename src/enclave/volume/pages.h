// SPDX-License-Identifier: Apache-2.0
//
// Work on the contents of a file that may have to wait for its encrypted volume. Nothing is read or written under an inode's
// lock: the work ends there with what it needs (Errno::page_absent, cache_full, volume_full), that is seen to, and it begins
// again. So it is written to go on where it stopped. Files of other mounts are just locked.
#pragma once

#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {

/// What one piece of work has needed so far.
class PageNeeds {
 public:
  /// Sees to what the work ended with.
  Outcome<> provide(Inode& inode, Errno need, u64 page);

 private:
  u32 fetches_ = 0, spaces_ = 0;  // for this page
  u64 last_page_ = ~u64{0};
};

constexpr bool is_page_need(Errno error) { return error >= Errno::page_absent && error <= Errno::volume_full; }

/// What holds off others while contents change.
enum class Hold : bool {
  gate,   // commits
  flush,  // those, and all who write or read blocks of the file
};

/// Waits, with the inode's lock, until no thread reads blocks of the file.
void await_readers(Inode& inode);

template <class Act>
Outcome<> with_contents(Inode& inode, Hold hold, Act act) {
  if (inode.stored == nullptr) {
    Guard guard(inode.lock);
    return act();
  }
  MountedVolume& volume = *inode.stored->volume;
  for (PageNeeds needs;;) {
    Outcome<> ended;
    u64 page = 0;
    {
      std::optional<GatePass> pass;
      std::optional<Guard<SleepLock>> flush;  // no commit closes the gate meanwhile
      hold == Hold::gate ? void(pass.emplace(volume.gate)) : void(flush.emplace(volume.flush_lock));
      Guard guard(inode.lock);
      if (hold == Hold::flush) await_readers(inode);
      ended = act();
      page = inode.contents.needed_page();
    }
    if (ended.ok() || !is_page_need(ended.error())) return ended;
    TRY(needs.provide(inode, ended.error(), page));
  }
}

/// `act()` reads or changes contents.
template <class Act>
Outcome<> with_pages(Inode& inode, Act act) {
  return with_contents(inode, Hold::gate, act);
}

/// `act()` takes blocks away from the file.
template <class Act>
Outcome<> with_blocks(Inode& inode, Act act) {
  return with_contents(inode, Hold::flush, act);
}

/// SEEK_DATA and SEEK_HOLE in a file of a volume, as Contents::find.
Outcome<u64> find_in_volume(Inode& inode, i64 offset, bool data);

/// All blocks of [offset, offset + length) exist, of zeros where there was none; ENOSPC.
Outcome<> reserve_in_volume(Inode& inode, u64 offset, u64 length);

/// While it lives nobody else writes to the file or changes its size; of other mounts the inode's lock does that.
class [[nodiscard]] WriterTurn {
 public:
  explicit WriterTurn(Inode& inode) : file_(inode.stored) {
    if (file_ != nullptr) file_->writers.lock();
  }
  WriterTurn(const WriterTurn&) = delete;
  WriterTurn& operator=(const WriterTurn&) = delete;
  ~WriterTurn() {
    if (file_ != nullptr) file_->writers.unlock();
  }

 private:
  StoredFile* file_;
};

}  // namespace sgxx::enclave
