// SPDX-License-Identifier: Apache-2.0
//
// Commits. The order is all: what the new state refers to is on the disk before its superblock is written, over the superblock of
// a state that is older than the one on disk; and what only older states refer to is not used again before the new superblock is
// on the disk.
#include "volume/superblock.h"
#include "volume/volume.h"

namespace sgxx::volume {

bool Volume::is_dirty() {
  Guard guard(environment_.mutex);
  return tree_.is_dirty() || !is_published_ || broken_;
}

Outcome<> Volume::check_usable() {
  Guard guard(environment_.mutex);
  if (broken_) return Failure{*broken_};
  return {};
}

/// A host that could not keep what was written does not say what: there is nothing left to rely on.
Outcome<> Volume::sync() {
  TRY(check_usable());
  const auto synced = environment_.disk.sync();
  if (synced.ok()) return {};
  Guard guard(environment_.mutex);
  broken_ = synced.error();
  return Failure{synced.error()};
}

Outcome<Prepared> Volume::prepare() {
  TRY(check_usable());
  auto room = TRY(write_spaces_.take());
  Batch batch(room->memory);
  TRY(tree_.flush(environment_.mutex, keys_, batch, room->pages));
  Guard guard(environment_.mutex);
  const Key state_id = TRY(keys_.next());
  space_.blocks().prepared();
  is_published_ = false;
  return Prepared{{.anchor = {published_.generation + 1, state_id},
                   .anchored = anchored_,
                   .block_count = space_.blocks().block_count(),
                   .most_blocks = space_.most_blocks(),
                   .used_blocks = space_.blocks().used() - space_.blocks().waiting(),
                   .object_slots = objects_.slots(),
                   .objects = objects_.count(),
                   .table_height = tree_.table_height(),
                   .zero = 0,
                   .table_root = tree_.table_root()}};
}

Outcome<Anchor> Volume::publish(const Prepared& prepared) {
  auto room = TRY(write_spaces_.take());
  TRY(sync());
  const u32 slot = 1 - superblock_;
  Superblock& superblock = *reinterpret_cast<Superblock*>(room->page(0));
  TRY(seal_superblock(environment_.crypto, superblock, slot, id_, key_, prepared.state));
  TRY(environment_.disk.write(kSuperblocks[slot], as_bytes_of(superblock)));
  TRY(sync());
  Guard guard(environment_.mutex);
  space_.blocks().published();
  superblock_ = slot;
  published_ = prepared.state.anchor;
  is_published_ = true;
  return published_;
}

void Volume::note_anchored(const Anchor& anchor) {
  Guard guard(environment_.mutex);
  anchored_ = anchor;
}

}  // namespace sgxx::volume
