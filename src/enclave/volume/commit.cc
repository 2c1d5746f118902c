// SPDX-License-Identifier: Apache-2.0
//
// Commits. First what is dirty is written, while the program goes on; then the world of changes stands still until the rest and
// all attributes and names have been handed to the engine; the last writes and the waiting for the disk are outside again.
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/time.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {

/// What a commit that begins now may rely on: whoever comes before it begins shares it.
Outcome<> MountedVolume::commit(Wait wait) {
  if (wait == Wait::ending) {
    is_ending_.store(true);
    advanced_.wake_all();
  }
  const u64 mine = started_.load() + 1;
  Guard guard(commit_lock_);
  if (finished_ < mine) {
    const u64 number = started_.fetch_add(1) + 1;
    const Outcome<> ended = run_commit(wait);
    failure_ = ended.ok() ? std::optional<Errno>() : ended.error();
    // Times of access alone are no loss that the end of a program must tell of.
    if (wait == Wait::ending && !is_written_.load()) failure_ = {};
    if (!ended.ok()) oldest_change_.store(monotonic_now(), std::memory_order_relaxed);
    finished_ = number;
  }
  return failure_ ? Outcome<>(fail(*failure_)) : Outcome<>{};
}

void MountedVolume::commit_if_due() {
  const u64 oldest = oldest_change_.load(std::memory_order_relaxed);
  if (oldest == 0 || monotonic_now() - oldest < kMostAge) return;
  // Not twice: what fails now is tried again when it is due again.
  u64 expected = oldest;
  if (oldest_change_.compare_exchange_strong(expected, monotonic_now())) (void)commit(Wait::no);
}

bool MountedVolume::has_changes() {
  Guard guard(list_lock);
  return changed_files.first() != nullptr || mapped_files.first() != nullptr || gone_files.first() != nullptr;
}

Outcome<> MountedVolume::run_commit(Wait wait) {
  const bool is_changed = has_changes() || engine_->is_dirty();
  // Nobody answers any more, and what is on disk is whole: the next to open it takes it.
  if (wait != Wait::yes && !is_changed) return {};
  if (is_unanchored_ && settings_.freshness == abi::VolumeFreshness::program) TRY(settle(wait));
  if (!is_changed && !is_unanchored_) return {};
  volume::Prepared prepared{};
  bool was_written = false;
  {
    Guard flush(flush_lock);
    // As much as is dirty now, so that little is left when all stand still.
    for (u64 left = dirty_pages_.load(); left > staging_pages_;) {
      const u64 count = TRY(flush_some(nullptr));
      if (count == 0) break;
      left -= count < left ? count : left;
    }
    gate.close();
    Outcome<> stored;
    {
      Guard names(tree_lock);
      was_written = is_written_.exchange(false);
      stored = store_changes();
      if (stored.ok()) {
        const auto done = engine_->prepare();
        if (done.ok()) prepared = *done;
        stored = done.ok() ? Outcome<>{} : fail(errno_of(done.error()));
      }
    }
    gate.open();
    if (!stored.ok()) {
      if (was_written) is_written_.store(true);
      return stored;
    }
  }
  const auto published = engine_->publish(prepared);
  if (!published.ok()) {
    if (was_written) is_written_.store(true);
    return fail(errno_of(published.error()));
  }
  return anchor(*published, wait);
}

/// What writable mappings show goes to the engine with the rest. Files may end meanwhile, and leave the list.
void MountedVolume::take_mapped() {
  u64 left = 0;
  {
    Guard guard(list_lock);
    for (const StoredFile* file = mapped_files.first(); file != nullptr; file = file->mapped.next) ++left;
  }
  for (; left != 0; --left) {
    StoredFile* file = nullptr;
    InodeReference inode;
    {
      Guard guard(list_lock);
      file = mapped_files.first();
      if (file == nullptr) return;
      mapped_files.remove(*file);
      if (!file->inode->try_acquire()) continue;
      inode = InodeReference::adopt(file->inode);
      // To the end of the list: it is looked at once.
      mapped_files.append(*file);
    }
    Guard guard(inode->lock);
    inode->contents.take_mapped_for_dirty();
    if (inode->contents.mappings != nullptr) continue;
    Guard list(list_lock);
    mapped_files.remove(*file);
  }
}

/// Everything that changed goes to the engine. What could not stays changed.
Outcome<> MountedVolume::store_changes() {
  oldest_change_.store(0, std::memory_order_relaxed);
  take_mapped();
  while (TRY(flush_some(nullptr)) != 0) {
  }
  for (;;) {
    StoredFile* file = nullptr;
    InodeReference inode;
    {
      Guard guard(list_lock);
      file = changed_files.first();
      if (file == nullptr) break;
      changed_files.remove(*file);
      // One that ends just now: its removal follows.
      if (!file->inode->try_acquire()) continue;
      inode = InodeReference::adopt(file->inode);
    }
    Outcome<> stored = store_file(*file);
    if (stored.ok()) continue;
    note_changed(*file);
    return stored;
  }
  return remove_gone();
}

Outcome<> MountedVolume::store_file(StoredFile& file) {
  Inode& inode = *file.inode;
  if (inode.is(file_mode::link) && !file.has_target) TRY(store_target(file));
  if (inode.is_directory() && file.names.is_changed()) TRY(store_names(file));
  volume::Record record;
  {
    Guard guard(inode.lock);
    record = record_of(inode);
  }
  if (inode.is_directory()) record.size = file.names.count() * kPageSize;
  return outcome_of(engine_->set_record(*file.object, record));
}

Outcome<> MountedVolume::store_target(StoredFile& file) {
  const Inode& link = *file.inode;
  memcpy(staging_, link.target, link.target_length);
  memset(staging_ + link.target_length, 0, kPageSize - link.target_length);
  const volume::DirtyBlock block{file.object, 0, staging_};
  TRY(outcome_of(engine_->write({&block, 1})));
  engine_->unpromise(std::exchange(file.promised, 0));
  file.has_target = true;
  return {};
}

/// The blocks of a directory that changed.
Outcome<> MountedVolume::store_names(StoredFile& file) {
  StoredNames& names = file.names;
  auto* const blocks = reinterpret_cast<volume::DirtyBlock*>(staging_ + staging_pages_ * kPageSize);
  for (u64 index = 0; index < names.count();) {
    u64 count = 0;
    for (; index < names.count() && count < staging_pages_; ++index) {
      if (!names.is_changed(index)) continue;
      if (names.is_empty(index)) {
        TRY(outcome_of(engine_->punch(*file.object, index, 1)));
        continue;
      }
      u8* const page = staging_ + count * kPageSize;
      names.write(index, page);
      blocks[count++] = {file.object, index, page};
    }
    TRY(outcome_of(engine_->write({blocks, count})));
  }
  TRY(outcome_of(engine_->truncate(*file.object, names.trim())));
  engine_->unpromise(std::exchange(file.promised, 0));
  names.note_stored();
  return {};
}

Outcome<> MountedVolume::remove_gone() {
  for (;;) {
    StoredFile* file = nullptr;
    {
      Guard guard(list_lock);
      file = gone_files.first();
      if (file == nullptr) return {};
      gone_files.remove(*file);
    }
    const auto removed = engine_->remove(*file->object);
    if (!removed.ok()) {
      Guard guard(list_lock);
      gone_files.append(*file);
      return fail(errno_of(removed.error()));
    }
    destroy(file);
  }
}

void commit_volumes_if_due() {
  for (Mount* mount = &first_mount(); mount != nullptr; mount = mount->next) {
    if (mount->volume != nullptr && mount->volume->is_open()) mount->volume->commit_if_due();
  }
}

void commit_if_due(Inode& inode) {
  if (inode.stored != nullptr) inode.stored->volume->commit_if_due();
}

Outcome<> commit_volume_of(Inode& inode) { return inode.stored != nullptr ? inode.stored->volume->commit() : Outcome<>{}; }

Outcome<> commit_all_volumes(MountedVolume::Wait wait) {
  Outcome<> result;
  for (Mount* mount = &first_mount(); mount != nullptr; mount = mount->next) {
    if (mount->volume == nullptr || !mount->volume->is_open()) continue;
    Outcome<> committed = mount->volume->commit(wait);
    if (!committed.ok() && result.ok()) result = std::move(committed);
  }
  return result;
}

}  // namespace sgxx::enclave
