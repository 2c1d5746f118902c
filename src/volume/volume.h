// SPDX-License-Identifier: Apache-2.0
//
// Volume: the objects of an open volume, read and written block by block, and commits of all of it at once.
//
// Nothing is overwritten: a block that is written goes to a free place, and the pointers to it change in memory alone. `prepare`
// writes the changed pointers bottom-up, to free places too, and `publish` makes the new tree the state of the volume with one
// block. A crash before that leaves the old state, whole.
//
// Threads: `read` may run with anything but a truncation or removal of the same object. Everything that changes something
// (write, truncate, punch, make, remove, set_record) may run with reads, and with a write to other blocks, and with `publish`,
// but not with `prepare`: whoever calls that stops the world of changes. Two threads do not write the same block at once. The
// lock is held over computation alone, never over the disk or the cipher of data.
//
// Errors: an operation that fails has done nothing that shows, or, of several blocks, some of them, each whole; it may be tried
// again. After Disk::sync has failed nobody knows what the disk has kept: from then on every commit fails with that error, and
// the volume must be opened anew.
#pragma once

#include <optional>
#include <span>

#include "volume/key_source.h"
#include "volume/object_list.h"
#include "volume/tree.h"
#include "volume/workspace.h"

namespace sgxx::volume {

struct VolumeOptions {
  /// What the volume may grow to, 256 blocks at least; 0: 1 TiB for a new volume, else what it was.
  u64 most_blocks = 0;
  u64 most_clean_nodes = 2048;  ///< nodes kept in memory, about 5 KiB each, beyond those that wait for a commit
};

struct DirtyBlock {
  Object* object;
  u64 index;       ///< of the block in the object
  const u8* page;  ///< kBlockSize bytes, which stay as they are during the call
};

/// A state that waits for its superblock.
struct Prepared {
  State state;
};

struct VolumeInfo {
  VolumeId id;
  Anchor anchor;    ///< the newest published state
  Anchor anchored;  ///< the last state that is known to be in the freshness service
  u64 block_count;  ///< of the disk
  u64 most_blocks;
  u64 used_blocks;      ///< now
  u64 waiting_blocks;   ///< of these, what the next commit makes free
  u64 promised_blocks;  ///< of data
  u64 objects;
  u64 object_slots;
  u64 clean_nodes;  ///< in memory, with nothing to write
  u64 header_generation;
  std::array<SlotKind, kKeySlots> slots;
};

inline constexpr u64 kNoBlock = ~u64{0};

class Volume {
 public:
  /// Makes an empty volume, with a root directory (object 1, `root`), on a disk that holds nothing of value. A crash leaves
  /// Fault::not_a_volume or the empty volume.
  static Outcome<> create(const Environment& environment, std::span<const KeySlotRequest> slots, const Record& root,
                          const VolumeOptions& options);

  /// Opens the newest state that is intact and, with `expected`, acceptable: that state itself, or one that was written when
  /// that one was the last that was anchored. Reads and verifies all pointers of the volume. Nothing is written.
  static Outcome<Volume*> open(const Environment& environment, const KeySource& keys, const std::optional<Anchor>& expected,
                               const VolumeOptions& options);
  /// Forgets what is not published. No other call is running.
  static void close(Volume* volume);

  // Objects

  /// nullptr when there is none.
  Object* find(u64 number);
  /// All objects have numbers below this.
  u64 object_slots();
  /// A new object without data. Its number may have been that of a removed one.
  Outcome<Object*> make(const Record& record);
  /// Also frees its blocks; those that cannot be found, because nodes cannot be read, stay used until the volume is opened anew.
  Outcome<> remove(Object& object);
  Outcome<Record> record(Object& object);
  /// All but the tree (blocks, height, root), which is the engine's.
  Outcome<> set_record(Object& object, const Record& record);

  // Data

  /// Blocks `first` and following, each to its page of kBlockSize bytes; holes and what lies beyond are zero. After an error all
  /// pages are undefined.
  Outcome<> read(Object& object, u64 first, std::span<u8* const> pages);
  Outcome<> write(std::span<const DirtyBlock> blocks);
  /// Blocks from `blocks` on become holes.
  Outcome<> truncate(Object& object, u64 blocks);
  /// Blocks [first, first + count) become holes.
  Outcome<> punch(Object& object, u64 first, u64 count);
  /// The first block from `from` on that is no hole, or kNoBlock.
  Outcome<u64> find_data(Object& object, u64 from);
  /// The first block from `from` on that is a hole.
  Outcome<u64> find_hole(Object& object, u64 from);

  // Space

  /// Sets space aside for writing `blocks` blocks later; Fault::no_space. To find out whether there really is none, first write
  /// what was promised (the real use is mostly far lower), then commit (blocks that were overwritten become free), and ask again.
  Outcome<> promise(u64 blocks);
  void unpromise(u64 blocks);
  /// False when there is no room for so many blocks more, as things are.
  bool has_room(u64 blocks);

  // Commits

  /// Writes all that changed, so that `publish` is left to do. One at a time: each is published, with whatever result, before the
  /// next. Nothing changed: the same state under a new generation.
  Outcome<Prepared> prepare();
  /// Makes the prepared state the volume's. Until it succeeds a crash leaves the state before, or this one.
  Outcome<Anchor> publish(const Prepared& prepared);
  /// The freshness service has this state: the next superblock says so.
  void note_anchored(const Anchor& anchor);
  /// Something is not yet published; or publishing it failed, in whatever way.
  bool is_dirty();

  VolumeInfo info();

  /// Replaces all key slots; the new ones count at once. After a failure, or a crash within, the old ones may, too: do it again.
  Outcome<> rewrap(std::span<const KeySlotRequest> slots);

  /// For Memory::create; `create` and `open` are what makes volumes.
  Volume(const Environment& environment, const VolumeOptions& options);
  Volume(const Volume&) = delete;
  Volume& operator=(const Volume&) = delete;
  ~Volume();

 private:
  Outcome<> make_empty(std::span<const KeySlotRequest> slots, const Record& root);
  Outcome<> load(const KeySource& keys, const std::optional<Anchor>& expected);
  Outcome<> load_header(const KeySource& keys, WriteSpace& room);
  Outcome<State> load_state(const std::optional<Anchor>& expected, WriteSpace& room);

  Outcome<Record*> record_to_change(Guard& guard, Object& object);
  Outcome<> read_into(Batch& batch, Object& object, u64 first, std::span<u8* const> pages);
  Outcome<> read_batch(Batch& batch, Object& object);
  Outcome<> write_batch(WriteSpace& room, std::span<const DirtyBlock> blocks);
  Outcome<> place(Batch& batch, std::span<const DirtyBlock> blocks);
  Outcome<> set_pointers(Batch& batch, std::span<const DirtyBlock> blocks);

  Outcome<> check_usable();
  Outcome<> sync();
  Outcome<> write_header(u32 copy, const Header& header);

  Environment environment_;
  BlockStore store_;
  Pool<ReadSpace> read_spaces_;
  Pool<WriteSpace> write_spaces_;
  VolumeKey key_{};
  KeyStream keys_;
  Space space_;
  ObjectList objects_;
  Tree tree_;

  VolumeId id_{};
  u64 header_generation_ = 0;
  u32 header_copy_ = 0;  // the one that counts
  std::array<SlotKind, kKeySlots> slots_{};

  Anchor published_;
  Anchor anchored_;
  bool is_published_ = true;     // what was prepared last
  u32 superblock_ = 1;           // the slot of the state that is known to be on disk
  std::optional<Error> broken_;  // why nobody knows what the disk has kept
};

}  // namespace sgxx::volume
