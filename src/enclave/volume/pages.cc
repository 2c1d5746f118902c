// SPDX-License-Identifier: Apache-2.0
//
// The page cache of a volume: reading blocks in, writing pages back, and the clock that decides which pages go.
#include "enclave/volume/pages.h"

#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kMostAhead = 128;  // pages that are read at once

u64 least(u64 a, u64 b) { return a < b ? a : b; }

/// Pages of the runtime's memory, charged to a cache; what is not taken goes back.
class FreshPages {
 public:
  explicit FreshPages(PageBudget& budget) : budget_(budget) {}
  FreshPages(const FreshPages&) = delete;
  FreshPages& operator=(const FreshPages&) = delete;
  ~FreshPages() {
    for (u64 i = 0; i < count_; ++i) {
      if (pages_[i] == nullptr) continue;
      give_runtime_pages(address(i), 1);
      budget_.refund(1);
    }
  }
  /// As many as there are, at most `most`.
  u64 fill(u64 most) {
    while (count_ < most && budget_.charge().ok()) {
      const auto page = take_runtime_pages(1);
      if (!page.ok()) {
        budget_.refund(1);
        break;
      }
      pages_[count_++] = reinterpret_cast<u8*>(*page);
    }
    return count_;
  }
  u64 address(u64 i) const { return reinterpret_cast<u64>(pages_[i]); }
  void take(u64 i) { pages_[i] = nullptr; }
  std::span<u8* const> first(u64 count) const { return {pages_.data(), count}; }

 private:
  PageBudget& budget_;
  std::array<u8*, kMostAhead> pages_;
  u64 count_ = 0;
};

/// Counts one more while it lives.
class Counted {
 public:
  explicit Counted(std::atomic<u32>& count) : count_(count) { count_.fetch_add(1); }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;
  ~Counted() { count_.fetch_sub(1); }

 private:
  std::atomic<u32>& count_;
};

/// A reference to the inode of a file in a list; the list lock is held. Nothing when it ends just now.
InodeReference reference_to(const StoredFile& file) {
  if (file.inode == nullptr || !file.inode->try_acquire()) return {};
  return InodeReference::adopt(file.inode);
}

}  // namespace

Outcome<> PageNeeds::provide(Inode& inode, Errno need, u64 page) {
  MountedVolume& volume = *inode.stored->volume;
  if (page != last_page_) fetches_ = spaces_ = 0;
  last_page_ = page;
  switch (need) {
    case Errno::page_absent: return volume.fetch(inode, page, fetches_++);
    case Errno::cache_full: return volume.make_room();
    default:
      // What was promised is mostly far more than what it takes. And once more, because what a commit has freed, another thread
      // may have taken.
      if (spaces_ == 3) return fail(Errno::nospc);
      return volume.make_space(spaces_++ == 0 ? MountedVolume::Space::written : MountedVolume::Space::committed);
  }
}

void await_readers(Inode& inode) {
  while (inode.contents.readers != 0) {
    inode.lock.unlock();
    host::yield();
    inode.lock.lock();
  }
}

Outcome<> MountedVolume::fetch(Inode& inode, u64 index, u32 attempts) {
  constexpr u32 kPatience = 3;
  StoredFile& file = *inode.stored;
  Contents& contents = inode.contents;
  u64 wanted = 1;
  {
    Guard guard(inode.lock);
    if (index == file.expected) {
      file.window = least(file.window == 0 ? 4 : file.window * 2, least(kMostAhead, mount_.budget.most / 8));
      wanted = file.window == 0 ? 1 : file.window;
    } else {
      file.window = 0;
    }
    wanted = contents.absent_run(index, wanted);
  }
  if (wanted == 0) return {};
  FreshPages pages(mount_.budget);
  if (pages.fill(wanted) < wanted) TRY(make_room());
  while (pages.fill(wanted) == 0) TRY(make_room());
  const Counted fetching(fetching_);
  // Who is always overtaken by writers stops them.
  std::optional<Guard<SleepLock>> flush;
  if (attempts > kPatience) flush.emplace(flush_lock);
  u64 count = 0, flushes = 0;
  {
    Guard guard(inode.lock);
    count = contents.absent_run(index, pages.fill(0));
    flushes = contents.flushes();
    ++contents.readers;
  }
  const auto read = engine_->read(*file.object, index, pages.first(count));
  Guard guard(inode.lock);
  --contents.readers;
  if (!read.ok()) return fail(errno_of(read.error()));
  file.expected = index + count;
  // A block that was flushed meanwhile is another one than was read.
  if (flushes != contents.flushes()) return {};
  for (u64 i = 0; i < count; ++i) {
    if (TRY(contents.install(index + i, pages.address(i)))) pages.take(i);
  }
  return {};
}

/// Writes dirty pages of `only`, or of the file that waits longest; how many. The flush lock is held.
Outcome<u64> MountedVolume::flush_some(StoredFile* only) {
  StoredFile* file = only;
  InodeReference inode;
  {
    Guard guard(list_lock);
    for (file = only != nullptr ? only : dirty_files.first(); file != nullptr;
         file = only != nullptr ? nullptr : file->dirty.next) {
      inode = reference_to(*file);
      if (inode.get() != nullptr) break;
    }
  }
  if (file == nullptr || inode.get() == nullptr) return u64{0};
  auto* const indices = reinterpret_cast<u64*>(staging_ + staging_pages_ * kPageSize);
  auto* const blocks = reinterpret_cast<volume::DirtyBlock*>(indices + staging_pages_);
  u64 count = 0;
  unpromised = 0;
  {
    Guard guard(inode->lock);
    Contents& contents = inode->contents;
    count = contents.take_dirty(file->flush_from, staging_, indices, staging_pages_);
    if (count < staging_pages_) {
      file->flush_from = 0;
      count += contents.take_dirty(file->flush_from, staging_ + count * kPageSize, indices + count, staging_pages_ - count);
    }
    for (u64 i = 0; i < count; ++i) contents.note_blocks(indices[i] + 1);
  }
  for (u64 i = 0; i < count; ++i) blocks[i] = {file->object, indices[i], staging_ + i * kPageSize};
  const auto written = engine_->write({blocks, count});
  engine_->unpromise(count - unpromised);
  dirty_pages_.fetch_sub(count - unpromised, std::memory_order_relaxed);
  if (written.ok()) return count;
  Guard guard(inode->lock);
  for (u64 i = 0; i < count; ++i) inode->contents.return_dirty(indices[i]);
  return fail(errno_of(written.error()));
}

/// Takes pages that nobody has used lately out of the cache; how many. The flush lock is held.
u64 MountedVolume::evict(u64 most) {
  u64 freed = 0;
  // Twice around: the first time everything may have been used.
  for (u32 rounds = 0; rounds < 3 && freed < most;) {
    InodeReference inode;
    StoredFile* file = nullptr;
    {
      Guard guard(list_lock);
      if (hand_ == nullptr) {
        hand_ = resident_files.first();
        hand_page_ = 0;
        ++rounds;
      }
      if (hand_ == nullptr) break;
      file = hand_;
      inode = reference_to(*file);
    }
    u64 from = hand_page_;
    bool is_empty = false;
    if (inode.get() != nullptr) {
      Guard guard(inode->lock);
      freed += inode->contents.evict(from, most - freed);
      is_empty = inode->contents.pages() == 0;
    } else {
      from = Contents::kNoPage;
    }
    Guard guard(list_lock);
    if (hand_ != file) continue;  // it ended
    hand_page_ = from;
    if (from != Contents::kNoPage) continue;
    hand_ = file->resident.next;
    hand_page_ = 0;
    if (is_empty) resident_files.remove(*file);
  }
  return freed;
}

Outcome<> MountedVolume::make_room() {
  Guard guard(flush_lock);
  // Most of the cache is to be what can be given up at once.
  while (dirty_pages_.load(std::memory_order_relaxed) > mount_.budget.most / 4) {
    if (TRY(flush_some(nullptr)) == 0) break;
  }
  while (evict(staging_pages_) == 0) {
    if (TRY(flush_some(nullptr)) != 0) continue;
    // Who is about to read into all the pages there are will soon have read them.
    if (fetching_.load() == 0) return fail(Errno::nomem);
    host::yield();
    return {};
  }
  return {};
}

Outcome<> MountedVolume::make_space(Space space) {
  has_refused_names_.store(false, std::memory_order_relaxed);
  {
    Guard guard(flush_lock);
    while (TRY(flush_some(nullptr)) != 0) {
    }
  }
  return space == Space::committed ? commit() : Outcome<>{};
}

Outcome<> MountedVolume::flush(Inode& inode) {
  Guard guard(flush_lock);
  while (TRY(flush_some(inode.stored)) != 0) {
  }
  return {};
}

// What is there and what is not, only the engine knows of all pages: first it gets those that it does not have.
Outcome<u64> find_in_volume(Inode& inode, i64 offset, bool data) {
  if (offset < 0) return fail(Errno::nxio);
  MountedVolume& volume = *inode.stored->volume;
  TRY(volume.flush(inode));
  u64 size = 0;
  {
    Guard guard(inode.lock);
    size = inode.contents.size();
  }
  const u64 from = static_cast<u64>(offset), index = from / kPageSize;
  if (from >= size) return fail(Errno::nxio);
  volume::Object& object = *inode.stored->object;
  const u64 found = TRY(outcome_of(data ? volume.engine().find_data(object, index) : volume.engine().find_hole(object, index)));
  if (found == index) return from;
  if (data && (found == volume::kNoBlock || found * kPageSize >= size)) return fail(Errno::nxio);
  return found >= size / kPageSize + 1 ? size : least(found * kPageSize, size);
}

Outcome<> reserve_in_volume(Inode& inode, u64 offset, u64 length) {
  MountedVolume& volume = *inode.stored->volume;
  const u64 end = (offset + length - 1) / kPageSize + 1;
  TRY(volume.flush(inode));
  // What cannot be is refused before anything is done.
  volume::Object& object = *inode.stored->object;
  u64 missing = 0;
  for (u64 index = offset / kPageSize; index < end;) {
    const u64 hole = least(TRY(outcome_of(volume.engine().find_hole(object, index))), end);
    index = least(TRY(outcome_of(volume.engine().find_data(object, hole))), end);
    missing += index - hole;
  }
  if (!volume.engine().has_room(missing)) {
    TRY(volume.make_space(MountedVolume::Space::committed));
    if (!volume.engine().has_room(missing)) return fail(Errno::nospc);
  }
  for (u64 index = offset / kPageSize; index < end; ++index) {
    index = TRY(outcome_of(volume.engine().find_hole(object, index)));
    if (index >= end) break;
    const auto make = [&]() -> Outcome<> {
      TRY(inode.contents.page_to_write(index));
      return {};
    };
    TRY(with_pages(inode, make));
  }
  return {};
}

// What Contents needs.

Outcome<> promise_block(StoredFile& file) {
  if (!file.volume->engine().promise(1).ok()) return fail(Errno::volume_full);
  file.volume->count_dirty(1);
  return {};
}

void unpromise_block(StoredFile& file) {
  file.volume->engine().unpromise(1);
  file.volume->count_dirty(-1);
}

void count_unpromised(StoredFile& file) { ++file.volume->unpromised; }

void note_dirty(StoredFile& file) {
  {
    Guard guard(file.volume->list_lock);
    file.volume->dirty_files.append(file);
  }
  file.volume->note_changed(file);
}

void note_clean(StoredFile& file) {
  Guard guard(file.volume->list_lock);
  file.volume->dirty_files.remove(file);
}

void note_resident(StoredFile& file) {
  Guard guard(file.volume->list_lock);
  file.volume->resident_files.append(file);
}

Outcome<> read_block(StoredFile& file, u64 index, u64 address) {
  u8* const page = reinterpret_cast<u8*>(address);
  return outcome_of(file.volume->engine().read(*file.object, index, {&page, 1}));
}

Outcome<> cut_blocks(StoredFile& file, u64 blocks) { return outcome_of(file.volume->engine().truncate(*file.object, blocks)); }

Outcome<> punch_blocks(StoredFile& file, u64 first, u64 count) {
  return outcome_of(file.volume->engine().punch(*file.object, first, count));
}

}  // namespace sgxx::enclave
