// SPDX-License-Identifier: Apache-2.0
//
// StoredNames: which of a directory's names lie in which block of its object (volume/directory.h), so that a name that changes is
// one block to write. The tree lock guards it.
#pragma once

#include "enclave/errno.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class StoredNames {
 public:
  StoredNames() = default;
  StoredNames(const StoredNames&) = delete;
  StoredNames& operator=(const StoredNames&) = delete;
  ~StoredNames();

  u64 count() const { return count_; }
  /// Some block is not what the object says.
  bool is_changed() const { return is_changed_; }
  bool is_changed(u64 block) const { return block < count_ && blocks_[block].is_changed; }
  bool is_empty(u64 block) const { return blocks_[block].used == 0; }

  /// The block that a name of that length goes to: one with room, or a new one behind the last.
  u64 block_for(u64 length);
  /// There are so many blocks at least; ENOSPC.
  Outcome<> reach(u64 count);
  void add(Entry& entry, u64 block);
  void remove(Entry& entry);
  void mark(u64 block);

  /// The block as the object will hold it.
  void write(u64 block, u8* to) const;
  /// Without the empty blocks at the end; how many are left.
  u64 trim();
  /// The object holds everything.
  void note_stored();

 private:
  struct Block {
    Entry* last;  // of a ring
    u32 used;     // bytes
    bool is_changed;
  };

  Block* blocks_ = nullptr;
  u64 count_ = 0, capacity_ = 0;
  u64 roomy_ = 0;  // blocks below this have no room for what was looked for last
  bool is_changed_ = false;
};

/// What a change of names may use when no space can be promised any more.
enum class Reserve : bool { untouched, allowed };

// Before names change, with the tree lock: Errno::volume_full, ENOSPC. There is nothing to do in other mounts.

/// A name of that length is about to be added.
Outcome<> allow_name(Inode& directory, u64 length);
/// A name is about to be taken away, or to be another file's.
Outcome<> allow_change(const Entry& entry, Reserve reserve);
/// A symbolic link has a target to store.
Outcome<> allow_target(Inode& link);

// And as they change.

void note_added(Entry& entry);
void note_removal(Entry& entry);

/// Of the volumes that had none for names: what was promised is written; in the second pass it is committed, too.
enum class Pass : bool { first, second };
Outcome<> make_space_for_names(Pass pass);

/// What volumes owe to the clock (mounted_volume.h).
void commit_volumes_if_due();

/// `act(reserve)` changes names, from the walk to them on, under the tree lock; it is made again when there is space.
template <class Act>
auto with_names(Act act) -> decltype(act(Reserve::untouched)) {
  constexpr u32 kTries = 3;
  for (u32 tries = 1;; ++tries) {
    auto ended = act(tries == kTries ? Reserve::allowed : Reserve::untouched);
    if (ended.ok()) commit_volumes_if_due();
    if (ended.ok() || ended.error() != Errno::volume_full) return ended;
    if (tries == kTries) return fail(Errno::nospc);
    TRY(make_space_for_names(tries == 1 ? Pass::first : Pass::second));
  }
}

}  // namespace sgxx::enclave
