// SPDX-License-Identifier: Apache-2.0
//
// MountedVolume: an encrypted volume in the tree. Its whole namespace is loaded when it is opened, into the same inodes and
// directories that a tmpfs has; what changes there is written by the next commit. Pages of files are a cache over the engine's
// blocks (pages.h). A commit makes one state out of everything that was done before it, and is all or nothing.
//
// Locks, outermost first:
//   commit_lock    one commit after another; who waits for it shares the next
//   flush_lock     writing blocks, cutting files, taking pages out of the cache
//   the gate       closed while a commit takes the state down: nobody changes contents meanwhile
//   the tree lock, an inode's lock
//   list_lock      the lists of files
// All but the inode's and the lists' are held over host calls: who waits for them sleeps.
#pragma once

#include "abi/mount.h"
#include "enclave/thread/wake_list.h"
#include "enclave/vfs/mount.h"
#include "enclave/volume/anchor_file.h"
#include "enclave/volume/cipher.h"
#include "enclave/volume/gate.h"
#include "enclave/volume/host_disk.h"
#include "enclave/volume/stored_file.h"

namespace sgxx::enclave {

/// What the engine takes its memory from.
class HeapMemory {
 public:
  void* allocate(u64 size);
  void release(void* memory, u64 size);
};

/// What the manifest says.
struct VolumeSettings {
  u32 folder = 0;  // of the host's, that holds the volume; the freshness file's is the next
  abi::VolumeKey key = abi::VolumeKey::enclave;
  abi::VolumeFreshness freshness = abi::VolumeFreshness::none;
  Text freshness_file;  // its name in its folder
  u64 most_blocks = 0;
  bool create = false;
};

class MountedVolume {
 public:
  MountedVolume(Mount& mount, const VolumeSettings& settings);

  const VolumeSettings& settings() const { return settings_; }
  bool is_open() const { return is_loaded_.load(std::memory_order_acquire); }
  /// What the host shows of a volume that is not open.
  struct Sight {
    bool exists = false;
    volume::VolumeId id{};
  };
  Outcome<Sight> look();

  /// Opens the volume, or makes it, and loads its names. `secret`: of VolumeKey::program. `expected`: what the freshness service
  /// knows, when `knows`. EKEYREJECTED, ESTALE, EBADMSG, ENOENT, EBUSY, and what the host's calls say.
  struct Opening {
    ByteView secret;
    bool create = false;
    bool knows = false;
    volume::Anchor expected;
    std::optional<volume::VolumeId> id;  // another volume is none of the expected state
  };
  /// EEXIST when it is open already. Whether it was made.
  Outcome<bool> open(const Opening& opening);
  /// Another key opens it from now on; `secret` of VolumeKey::program.
  Outcome<> rewrap(abi::VolumeKey kind, ByteView secret);

  // Anchors of VolumeFreshness::program

  /// Waits for the next state that the freshness service is to know; Errno::restart when a signal came.
  Outcome<abi::VolumeAdvance> await_published();
  /// What became of it.
  void note_advanced(const volume::Anchor& to, std::optional<Errno> failure);
  /// The last one that the service is known to know.
  volume::Anchor anchored();

  // Files

  /// `inode`, new in this mount, becomes an object; ENOSPC.
  Outcome<> add_file(Inode& inode);
  /// The inode ends. The next commit removes the object.
  void retire(StoredFile& file);
  /// Attributes changed, or names in a directory.
  void note_changed(StoredFile& file) {
    is_written_.store(true);
    note_read(file);
  }
  /// Nothing but the time of the last access changed.
  void note_read(StoredFile& file);
  void note_mapped(StoredFile& file);

  /// No space was promised for a name: Errno::volume_full, until there is some (stored_names.h).
  Failure<Errno> refuse_names();
  bool has_refused_names() const { return has_refused_names_.load(std::memory_order_relaxed); }

  // Pages

  /// Page `index` of a file comes from its block, and some behind it when the file is being read through. `attempts` that were in
  /// vain so far: others may have been writing meanwhile.
  Outcome<> fetch(Inode& inode, u64 index, u32 attempts);
  /// Some pages of the cache become free; ENOMEM.
  Outcome<> make_room();
  /// Some space on disk becomes free: by writing what was promised, and perhaps by a commit.
  enum class Space : bool { written, committed };
  Outcome<> make_space(Space space);
  /// All pages of the file that are newer than their blocks are written.
  Outcome<> flush(Inode& inode);

  /// Everything that was done before is in the volume, and anchored if it is to be: unless nobody waits for that, or the program,
  /// which would have to do it, is ending.
  enum class Wait : u8 { yes, no, ending };
  Outcome<> commit(Wait wait = Wait::yes);

  /// A commit when the oldest change is kMostAge old. Whether it succeeds, the next that somebody waits for shows.
  void commit_if_due();
  static constexpr u64 kMostAge = 5'000'000'000;  // ns

  /// Dirty pages that have a promise.
  void count_dirty(i64 more) { dirty_pages_.fetch_add(static_cast<u64>(more), std::memory_order_relaxed); }
  volume::Volume& engine() { return *engine_; }
  volume::VolumeInfo info() { return engine_->info(); }

  SleepLock flush_lock;
  Gate gate;
  SpinLock list_lock;
  StoredList<&StoredFile::changed> changed_files;    // attributes, names or pages
  StoredList<&StoredFile::dirty> dirty_files;        // pages
  StoredList<&StoredFile::resident> resident_files;  // with pages in the cache
  StoredList<&StoredFile::mapped> mapped_files;
  StoredList<&StoredFile::changed> gone_files;  // objects to remove
  u64 unpromised = 0;                           // of the flush that runs

 private:
  Outcome<> create(const volume::Environment& environment, const Opening& opening);
  Outcome<bool> open_engine(const Opening& opening, bool made);
  Outcome<> make_slot(abi::VolumeKey kind, ByteView secret, volume::KeySlotRequest& slot, isa::Key128& key);
  volume::Environment environment();
  void attach(Inode& inode, StoredFile& file, volume::Object& object);
  Outcome<> anchor(const volume::Anchor& anchor, Wait wait);
  /// The newest state, which nobody may have acknowledged, is offered again. Without waiting: fails if it has not been.
  Outcome<> settle(Wait wait);
  Outcome<> await_advance(const volume::Anchor& anchor);
  std::optional<abi::VolumeAdvance> next_advance();
  // load.cc
  Outcome<> load();
  static volume::Record record_of(const Inode& inode);
  Outcome<InodeReference> load_inode(volume::Object& object, const volume::Record& record);
  // pages.cc
  Outcome<u64> flush_some(StoredFile* only);
  u64 evict(u64 most);
  // commit.cc
  Outcome<> run_commit(Wait wait);
  bool has_changes();
  void take_mapped();
  Outcome<> store_changes();
  Outcome<> store_file(StoredFile& file);
  Outcome<> store_names(StoredFile& file);
  Outcome<> store_target(StoredFile& file);
  Outcome<> remove_gone();

  Mount& mount_;
  VolumeSettings settings_;
  HostDisk disk_;
  Cipher cipher_;
  HeapMemory memory_;
  SpinLock engine_lock_;
  volume::Volume* engine_ = nullptr;
  std::atomic<bool> is_loaded_{false};
  std::atomic<bool> is_written_{false};  // something waits for a commit that is more than a time of access
  std::atomic<bool> has_refused_names_{false};
  std::atomic<bool> is_ending_{false};  // the program is: nobody anchors any more
  AnchorFile anchor_file_;
  bool is_unanchored_ = false;  // the newest state; guarded by commit_lock_

  SpinLock anchor_lock_;
  volume::Anchor published_, offered_, anchored_;  // generation 0: none
  u64 settled_ = 0;                                // the generation of the last one of which the outcome is known
  std::optional<Errno> settled_failure_;
  WakeList to_advance_, advanced_;  // who waits for a state to anchor, and for one to be anchored

  std::atomic<u64> dirty_pages_{0};
  std::atomic<u32> fetching_{0};  // threads that hold pages which they read blocks into
  u8* staging_ = nullptr;         // of a flush
  u64 staging_pages_ = 0;
  StoredFile* hand_ = nullptr;  // where the clock stands, in resident_files
  u64 hand_page_ = 0;

  SleepLock commit_lock_;
  std::atomic<u64> started_{0};
  std::atomic<u64> oldest_change_{0};  // CLOCK_MONOTONIC, ns; 0: none
  u64 finished_ = 0;
  std::optional<Errno> failure_;  // of the last commit
};

/// Commits all volumes: sync, and the end of the program.
Outcome<> commit_all_volumes(MountedVolume::Wait wait = MountedVolume::Wait::yes);
/// Of the file, if it is in a volume.
Outcome<> commit_volume_of(Inode& inode);
/// What the file's volume owes to the clock; no locks are held.
void commit_if_due(Inode& inode);
/// The attributes of `inode` changed; nothing to do in other mounts.
void note_attributes(Inode& inode);
/// It was read, which is no reason to end badly if it cannot be kept.
void note_read(Inode& inode);

}  // namespace sgxx::enclave
