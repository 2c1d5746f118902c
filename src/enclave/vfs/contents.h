// SPDX-License-Identifier: Apache-2.0
//
// Contents: the bytes of a regular file in memory, in pages of the runtime's. The pages hang in a tree of 512 branches a node,
// as high as the file's size asks for, so that a sparse file costs what is in it and an append never moves what is there. Each
// page is charged to a budget: the mount's size.
//
// The bytes of a measured file lie where they were measured, in one piece; what is written to becomes a copy first.
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

  /// From `offset` on, as much as there is and fits.
  Outcome<> read(Transfer& transfer, u64 offset);
  /// Everything, or as much as there is room for; ENOSPC. Makes the file longer.
  Outcome<> write(Transfer& transfer, u64 offset);
  /// For the runtime's own use; at most to the end of a page.
  void read_bytes(void* to, u64 offset, u64 length) const;
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
  /// Page `index`, made when it is a hole.
  Outcome<u64> page_to_write(u64 index);

 private:
  static constexpr u64 kBranches = kPageSize / sizeof(u64);
  static constexpr u32 kHighest = 4;  // 2^48 bytes

  static constexpr u64 kNone = ~u64{0};
  u64 next_page(u64 from) const;
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
};

/// The largest file.
inline constexpr u64 kLargestFile = u64{1} << 47;

}  // namespace sgxx::enclave
