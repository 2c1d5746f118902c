// SPDX-License-Identifier: Apache-2.0
//
// Contents: the bytes of a regular file in memory, in pages of the runtime's. The pages hang in a tree of 512 branches a node,
// as high as the file's size asks for, so that a sparse file costs what is in it and an append never moves what is there. Each
// page is charged to a budget: the mount's size.
//
// The bytes of a measured file lie where they were measured, in one piece; what is written to becomes a copy first.
//
// Of a file in an encrypted volume the pages are a cache (stored_contents.cc): a page that is absent may be a block of the
// volume, one that is there may be newer than its block. What needs the volume cannot be done under a lock: such a call ends with
// Errno::page_absent, cache_full or volume_full, having done a part of its work, and is made again when that has been seen to
// (volume/pages.h).
//
// No lock of its own: the inode's guards it.
#pragma once

#include <atomic>

#include "enclave/file/transfer.h"

namespace sgxx::enclave {

/// Pages that a mount may hold, over all its files.
struct PageBudget {
  u64 most = 0;
  std::atomic<u64> used{0};
  /// ENOSPC when it is used up.
  Outcome<> charge();
  void refund(u64 pages) { used.fetch_sub(pages, std::memory_order_relaxed); }
};

struct FileMapping;
struct StoredFile;

/// A page that a file no longer needs: back to the runtime's memory, or, empty and closed, to the mapping that shows it.
void give_file_page(u64 address);
bool is_mapped_page(u64 address);

/// Opens a page of a file to the runtime for as long as it lives: one that the program has mapped may be closed to all.
class PageAccess {
 public:
  explicit PageAccess(u64 address);
  PageAccess(const PageAccess&) = delete;
  PageAccess& operator=(const PageAccess&) = delete;
  ~PageAccess();

 private:
  u64 address_;
  bool opened_ = false;
};

class Contents {
 public:
  Contents() = default;
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;
  ~Contents() { cut_pages(0); }

  void use_budget(PageBudget& budget) { budget_ = &budget; }
  /// The contents are `size` bytes at `address`, which stay there and stay the same.
  void use_measured(u64 address, u64 size);

  u64 size() const { return size_; }
  u64 pages() const { return pages_; }
  /// Gives all memory back.
  void clear() { cut_pages(0); }

  /// From `offset` on, as much as there is and fits.
  Outcome<> read(Transfer& transfer, u64 offset);
  /// Everything, or as much as there is room for; ENOSPC. Makes the file longer.
  Outcome<> write(Transfer& transfer, u64 offset);
  /// For the runtime's own use; at most to the end of a page.
  Outcome<> read_bytes(void* to, u64 offset, u64 length) const;
  bool is_measured() const { return measured_ != 0; }
  Outcome<> resize(u64 size);
  /// All pages of [offset, offset + length) exist, or none more than before; ENOSPC. The size stays.
  Outcome<> reserve(u64 offset, u64 length);
  /// Reads as zero from now on; whole pages are given back.
  Outcome<> punch(u64 offset, u64 length);
  /// SEEK_DATA and SEEK_HOLE: the first offset from `offset` on in a page that is there, or is not; ENXIO beyond the end.
  Outcome<u64> find(u64 offset, bool data) const;

  /// A shared mapping of the file that has been linked into `mappings`: its memory becomes the file's. ENOSPC, ENOMEM.
  Outcome<> adopt(FileMapping& mapping);
  /// The file's size was `old_size`, or a mapping has new rights: what is mapped from there on follows.
  Outcome<> settle(u64 old_size);
  FileMapping* mappings = nullptr;  // shared ones

  /// The address of page `index`, or 0 for a hole.
  u64 page(u64 index) const;
  /// Page `index`, made when it is a hole. `whole`: all of it is about to be written.
  enum class Write : bool { part, whole };
  Outcome<u64> page_to_write(u64 index, Write write = Write::part);

  // Of a file in an encrypted volume.

  /// It is `file`, of `size` bytes, in the blocks of the volume.
  void use_stored(StoredFile& file, u64 size);
  StoredFile* stored() const { return stored_; }
  /// The page for which the last piece of work could not go on.
  u64 needed_page() const { return needed_page_; }
  /// How many pages from `first` on, at most `most`, are absent and may be blocks.
  u64 absent_run(u64 first, u64 most) const;
  /// Block `index` has been read into the page at `address`, of the runtime's memory and charged to the budget: false when there
  /// is a page already.
  Outcome<bool> install(u64 index, u64 address);
  /// Pages that are newer than their blocks, at most `most` from `from` on, copied to `to` one behind the other and from now on
  /// taken for written; their indices to `indices`. How many; `from` moves on. Bytes behind the end of the file are zero.
  u64 take_dirty(u64& from, u8* to, u64* indices, u64 most);
  /// A page that could not be written after all.
  void return_dirty(u64 index);
  /// Blocks below `blocks` may exist.
  void note_blocks(u64 blocks) { stored_end_ = blocks > stored_end_ ? blocks : stored_end_; }
  u64 dirty_pages() const { return dirty_pages_; }
  /// Pages that will be blocks and are none yet.
  u64 new_pages() const { return new_pages_; }
  /// What writable mappings show is taken for changed.
  void take_mapped_for_dirty();
  /// Pages of `mapping` from `first` to `last` end being mapped: they count as cached and, where it was writable, as changed.
  void note_unmapped(const FileMapping& mapping, u64 first, u64 last);
  /// Frees up to `most` pages from `from` on that are as their blocks are and were not used since the last look; how many.
  /// `from` moves on, to kNoPage at the end.
  u64 evict(u64& from, u64 most);
  static constexpr u64 kNoPage = ~u64{0};
  u64 flushes() const { return flushes_; }  // calls of take_dirty that found something
  u32 readers = 0;                          // threads that read blocks of it just now

 private:
  static constexpr u64 kBranches = kPageSize / sizeof(u64);
  static constexpr u32 kHighest = 4;  // 2^48 bytes

  static constexpr u64 kNone = ~u64{0};
  // What stands in an entry beside a page's address.
  static constexpr u64 kDirty = 1;       // newer than its block
  static constexpr u64 kRecent = 2;      // used since the clock last came by
  static constexpr u64 kFresh = 8;       // never flushed, where there is no block
  static constexpr u64 kUnpromised = 4;  // dirty, with no space set aside for it
  static constexpr u64 kZero = 16;       // the block is zero, or there is none
  static constexpr u64 kFlags = kPageSize - 1;
  static u64 address_in(u64 entry) { return entry & ~kFlags; }

  u64 next_page(u64 from) const;
  u64* find_entry(u64 index) const;
  void drop(u64& entry);
  bool may_be_block(u64 index) const { return index < stored_end_; }
  Outcome<> want(u64 index) const;
  Outcome<> take_room();
  Outcome<> make_dirty(u64& entry);
  void make_dirty_at_once(u64& entry);
  void make_clean(u64& entry);
  void take_for_dirty(u64& entry);
  Outcome<> clear_within(u64 offset, u64 length);
  Outcome<> punch_stored(u64 offset, u64 end);
  Outcome<> complete_page(u64 index, u64 address, u64 from);
  Outcome<> cut_stored(u64 size);
  u64 reach() const { return height_ == 0 ? 1 : u64{1} << (9 * height_); }  // pages that the tree can hold
  Outcome<> grow_to(u64 index);
  Outcome<u64*> entry_of(u64 index);
  FileMapping* mapping_of(u64 index) const;
  Outcome<> adopt_page(FileMapping& mapping, u64 index);
  Outcome<> write_pages(Transfer& transfer, u64 offset);
  void clear_tail();
  Outcome<> own();
  Outcome<> fill(u64 first, u64 count, u8* made);
  void unfill(u64 first, u64 count, const u8* made);
  void cut_pages(u64 first);
  void zero(u64 offset, u64 length);
  template <class Visit>
  void each_page(u64 first, u64 last, Visit visit);

  u64 root_ = 0;  // a page of the file when height_ is 0, else a node
  u32 height_ = 0;
  u64 measured_ = 0;  // the address of a measured file's bytes
  u64 size_ = 0;
  u64 pages_ = 0;
  bool was_mapped_ = false;  // so that bytes behind the end may not be zero
  PageBudget* budget_ = nullptr;
  StoredFile* stored_ = nullptr;
  u64 stored_end_ = 0;  // blocks from here on are holes
  u64 dirty_pages_ = 0, new_pages_ = 0;
  u64 flushes_ = 0;
  mutable u64 needed_page_ = 0;
};

/// The largest file.
inline constexpr u64 kLargestFile = u64{1} << 47;

}  // namespace sgxx::enclave
