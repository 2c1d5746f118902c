// SPDX-License-Identifier: Apache-2.0
//
// Contents of a file in an encrypted volume: its pages are a cache over blocks. Space on disk is promised when a page becomes
// dirty, so that ENOSPC comes to who writes and not to who flushes.
#include "enclave/memory/page_map.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/vfs/contents.h"
#include "enclave/vfs/file_mapping.h"
#include "enclave/volume/stored_file.h"

namespace sgxx::enclave {
namespace {

u64 least(u64 a, u64 b) { return a < b ? a : b; }

bool is_zero_page(u64 address) {
  const PageAccess access(address);
  const auto* const words = reinterpret_cast<const u64*>(address);
  u64 at = 0;
  while (at < kPageSize / sizeof(u64) && words[at] == 0) ++at;
  return at == kPageSize / sizeof(u64);
}

}  // namespace

void Contents::use_stored(StoredFile& file, u64 size) {
  stored_ = &file;
  size_ = size;
  stored_end_ = align_up(size, kPageSize) / kPageSize;
}

Outcome<> Contents::want(u64 index) const {
  needed_page_ = index;
  return fail(Errno::page_absent);
}

Outcome<> Contents::make_dirty(u64& entry) {
  if ((entry & kDirty) != 0) {
    entry |= kRecent;
    return {};
  }
  TRY(promise_block(*stored_));
  entry |= kDirty | kRecent;
  if (dirty_pages_++ == 0) note_dirty(*stored_);
  return {};
}

void Contents::make_dirty_at_once(u64& entry) {
  if (make_dirty(entry).ok()) return;
  entry |= kDirty | kRecent | kUnpromised;
  if (dirty_pages_++ == 0) note_dirty(*stored_);
}

void Contents::make_clean(u64& entry) {
  if ((entry & kDirty) == 0) return;
  if ((entry & kUnpromised) == 0) unpromise_block(*stored_);
  entry &= ~(kDirty | kUnpromised);
  if (--dirty_pages_ == 0) note_clean(*stored_);
}

/// The page of `entry` is the file's no more. What is not stored is refunded by the caller.
void Contents::drop(u64& entry) {
  const u64 address = address_in(entry);
  if (stored_ != nullptr) {
    make_clean(entry);
    if ((entry & kFresh) != 0) --new_pages_;
    if (!is_mapped_page(address)) budget_->refund(1);
  }
  give_file_page(address);
  entry = 0;
  --pages_;
}

u64 Contents::absent_run(u64 first, u64 most) const {
  const u64 end = least(first + most, stored_end_);
  u64 index = first;
  while (index < end && find_entry(index) == nullptr) ++index;
  return index - first;
}

Outcome<bool> Contents::install(u64 index, u64 address) {
  if (!may_be_block(index) || find_entry(index) != nullptr) return false;
  u64* const entry = TRY(entry_of(index));
  *entry = address | kRecent | (is_zero_page(address) ? kZero : 0);
  if (++pages_ == 1) note_resident(*stored_);
  return true;
}

u64 Contents::take_dirty(u64& from, u8* to, u64* indices, u64 most) {
  u64 count = 0;
  while (count < most && dirty_pages_ != 0) {
    const u64 index = next_page(from);
    if (index == kNone) break;
    from = index + 1;
    u64& entry = *find_entry(index);
    if ((entry & kDirty) == 0) continue;
    u8* const copy = to + count * kPageSize;
    const u64 used = index * kPageSize < size_ ? least(kPageSize, size_ - index * kPageSize) : 0;
    {
      const PageAccess access(address_in(entry));
      memcpy(copy, reinterpret_cast<const void*>(address_in(entry)), used);
    }
    memset(copy + used, 0, kPageSize - used);
    indices[count++] = index;
    // The promise is kept until the block is written.
    if ((entry & kUnpromised) != 0) count_unpromised(*stored_);
    if ((entry & kFresh) != 0) --new_pages_;
    entry &= ~(kDirty | kUnpromised | kFresh | kZero);
    if (--dirty_pages_ == 0) note_clean(*stored_);
  }
  if (count != 0) ++flushes_;
  return count;
}

void Contents::return_dirty(u64 index) {
  u64* const entry = find_entry(index);
  if (entry != nullptr) make_dirty_at_once(*entry);
}

/// A page of which bytes were to be replaced, and of which only the first `from` were: the others are the block's.
Outcome<> Contents::complete_page(u64 index, u64 address, u64 from) {
  const u64 block = TRY(take_runtime_pages(1));
  const Outcome<> read = read_block(*stored_, index, block);
  if (read.ok()) {
    memcpy(reinterpret_cast<void*>(address + from), reinterpret_cast<const void*>(block + from), kPageSize - from);
  } else {
    drop(*find_entry(index));
  }
  give_runtime_pages(block, 1);
  return read.ok() ? Outcome<>{} : fail(read.error());
}

/// Zero from now on, all within one page. What is zero already is left as it is: it may be a hole.
Outcome<> Contents::clear_within(u64 offset, u64 length) {
  if (length == 0) return {};
  u64* const entry = find_entry(offset / kPageSize);
  if (entry == nullptr) return may_be_block(offset / kPageSize) ? want(offset / kPageSize) : Outcome<>{};
  const PageAccess access(address_in(*entry));
  u8* const bytes = reinterpret_cast<u8*>(address_in(*entry) + offset % kPageSize);
  u64 zeros = 0;
  while (zeros < length && bytes[zeros] == 0) ++zeros;
  if (zeros == length) return {};
  TRY(make_dirty(*entry));
  memset(bytes, 0, length);
  return {};
}

/// The bytes and blocks behind `size` are gone.
Outcome<> Contents::cut_stored(u64 size) {
  TRY(clear_within(size, align_up(size, kPageSize) - size));
  const u64 blocks = align_up(size, kPageSize) / kPageSize;
  TRY(cut_blocks(*stored_, blocks));
  stored_end_ = least(stored_end_, blocks);
  return {};
}

/// The bytes at both ends of [offset, end) that are no whole pages are zero, and the whole pages in between no blocks.
Outcome<> Contents::punch_stored(u64 offset, u64 end) {
  const u64 first = least(align_up(offset, kPageSize), end);
  TRY(clear_within(offset, first - offset));
  const u64 last = align_down(end, kPageSize);
  if (last >= first) TRY(clear_within(last, end - last));
  return first < last ? punch_blocks(*stored_, first / kPageSize, (last - first) / kPageSize) : Outcome<>{};
}

/// A page that a mapping may have changed. What is zero as before is left alone: it may be a hole.
void Contents::take_for_dirty(u64& entry) {
  if ((entry & kZero) != 0 && is_zero_page(address_in(entry))) return;
  make_dirty_at_once(entry);
}

void Contents::take_mapped_for_dirty() {
  for (const FileMapping* mapping = mappings; mapping != nullptr; mapping = mapping->next_of_file) {
    if (!mapping->was_writable) continue;
    for (u64 index = mapping->first; index < mapping->first + mapping->pages; ++index) {
      u64* const entry = find_entry(index);
      if (entry == nullptr || address_in(*entry) != mapping->address_of(index)) continue;
      take_for_dirty(*entry);
    }
  }
}

void Contents::note_unmapped(const FileMapping& mapping, u64 first, u64 last) {
  for (u64 index = first; index <= last; ++index) {
    u64* const entry = find_entry(index);
    if (entry == nullptr || address_in(*entry) != mapping.address_of(index)) continue;
    budget_->used.fetch_add(1, std::memory_order_relaxed);
    if (mapping.was_writable) take_for_dirty(*entry);
  }
}

}  // namespace sgxx::enclave
