// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/contents.h"

#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/volume/stored_file.h"

namespace sgxx::enclave {
namespace {

u64 least(u64 a, u64 b) { return a < b ? a : b; }

u64* node_at(u64 address) { return reinterpret_cast<u64*>(address); }

/// Which branch of a node of that height leads to page `index`.
u64 branch_of(u64 index, u32 height) { return index >> (9 * (height - 1)) & 511; }

}  // namespace

Outcome<> PageBudget::charge() {
  if (used.fetch_add(1, std::memory_order_relaxed) < most) return {};
  refund(1);
  return fail(Errno::nospc);
}

void Contents::use_measured(u64 address, u64 size) {
  measured_ = address;
  size_ = size;
}

u64* Contents::find_entry(u64 index) const {
  if (index >= reach()) return nullptr;
  const u64* at = &root_;
  for (u32 height = height_; height != 0 && *at != 0; --height) at = &node_at(*at)[branch_of(index, height)];
  return *at != 0 ? const_cast<u64*>(at) : nullptr;
}

u64 Contents::page(u64 index) const {
  const u64* const entry = find_entry(index);
  return entry != nullptr ? address_in(*entry) : 0;
}

/// The tree becomes high enough for page `index`.
Outcome<> Contents::grow_to(u64 index) {
  while (index >= reach()) {
    if (height_ == kHighest) return fail(Errno::fbig);
    if (root_ != 0) {
      const u64 node = TRY(take_runtime_pages(1));
      node_at(node)[0] = root_;
      root_ = node;
    }
    ++height_;
  }
  return {};
}

/// Where the address of page `index` stands.
Outcome<u64*> Contents::entry_of(u64 index) {
  TRY(grow_to(index));
  u64* at = &root_;
  for (u32 height = height_; height != 0; --height) {
    if (*at == 0) *at = TRY(take_runtime_pages(1));
    at = &node_at(*at)[branch_of(index, height)];
  }
  return at;
}

/// A page of the budget; of a stored file it may be had later.
Outcome<> Contents::take_room() {
  if (budget_->charge().ok()) return {};
  return fail(stored_ != nullptr ? Errno::cache_full : Errno::nospc);
}

Outcome<u64> Contents::page_to_write(u64 index, Write write) {
  needed_page_ = index;
  if (write == Write::part && may_be_block(index) && find_entry(index) == nullptr) return fail(want(index).error());
  u64* const at = TRY(entry_of(index));
  if (*at == 0 && mappings != nullptr) {
    if (FileMapping* const mapping = mapping_of(index)) TRY(adopt_page(*mapping, index));
  }
  if (*at != 0) {
    if (stored_ != nullptr) TRY(make_dirty(*at));
    return address_in(*at);
  }
  TRY(take_room());
  const auto fresh = take_runtime_pages(1);
  if (!fresh.ok()) {
    budget_->refund(1);
    return fail(stored_ != nullptr ? Errno::cache_full : Errno::nospc);
  }
  ++pages_;
  *at = *fresh;
  if (stored_ == nullptr) return *at;
  if (pages_ == 1) note_resident(*stored_);
  const Outcome<> dirty = make_dirty(*at);
  if (!dirty.ok()) {
    drop(*at);
    return fail(dirty.error());
  }
  if (!may_be_block(index)) {
    *at |= kFresh;
    ++new_pages_;
  }
  return address_in(*at);
}

Outcome<> Contents::read(Transfer& transfer, u64 offset) {
  if (offset >= size_) return {};
  u64 left = least(transfer.remaining(), size_ - offset);
  if (measured_ != 0) return transfer.to_program(reinterpret_cast<const void*>(measured_ + offset), left);
  while (left != 0) {
    const u64 within = offset % kPageSize;
    const u64 part = least(left, kPageSize - within);
    u64* const entry = find_entry(offset / kPageSize);
    const u64 from = entry != nullptr ? address_in(*entry) : 0;
    if (stored_ != nullptr) {
      if (entry == nullptr && may_be_block(offset / kPageSize)) return want(offset / kPageSize);
      if (entry != nullptr && (*entry & kRecent) == 0) *entry |= kRecent;
    }
    if (from == 0) {
      TRY(transfer.zeroes_to_program(part));
    } else if (mappings == nullptr) {
      TRY(transfer.to_program(reinterpret_cast<const void*>(from + within), part));
    } else {
      const PageAccess access(from);
      TRY(transfer.to_program(reinterpret_cast<const void*>(from + within), part));
    }
    offset += part;
    left -= part;
  }
  return {};
}

Outcome<> Contents::write_pages(Transfer& transfer, u64 offset) {
  while (transfer.remaining() != 0) {
    const u64 within = offset % kPageSize;
    const u64 part = least(transfer.remaining(), kPageSize - within);
    const u64 index = offset / kPageSize;
    const bool replaces = part == kPageSize && may_be_block(index) && find_entry(index) == nullptr;
    const u64 to = TRY(page_to_write(index, part == kPageSize ? Write::whole : Write::part));
    const u64 before = transfer.done();
    const auto copy = [&] { return transfer.from_program(reinterpret_cast<void*>(to + within), part); };
    Outcome<> copied;
    if (mappings == nullptr) {
      copied = copy();
    } else {
      const PageAccess access(to);
      copied = copy();
    }
    if (!copied.ok() && replaces) TRY(complete_page(index, to, transfer.done() - before));
    offset += transfer.done() - before;
    if (transfer.done() != before && offset > size_) size_ = offset;
    if (!copied.ok()) return fail(copied.error());
  }
  return {};
}

/// Measured bytes become pages of the file's own.
Outcome<> Contents::own() {
  if (measured_ == 0) return {};
  const u64 from = measured_;
  for (u64 offset = 0; offset < size_; offset += kPageSize) {
    const auto to = page_to_write(offset / kPageSize);
    if (!to.ok()) {
      cut_pages(0);
      return fail(to.error());
    }
    memcpy(reinterpret_cast<void*>(*to), reinterpret_cast<const void*>(from + offset), least(kPageSize, size_ - offset));
  }
  measured_ = 0;
  return {};
}

Outcome<> Contents::write(Transfer& transfer, u64 offset) {
  TRY(own());
  const u64 old_size = size_;
  if (was_mapped_ && offset + transfer.remaining() > old_size) clear_tail();
  Outcome<> written = write_pages(transfer, offset);
  if (mappings != nullptr && size_ != old_size) TRY(settle(old_size));
  return written;
}

Outcome<> Contents::read_bytes(void* to, u64 offset, u64 length) const {
  if (measured_ != 0) {
    memcpy(to, reinterpret_cast<const void*>(measured_ + offset), length);
  } else if (const u64 from = page(offset / kPageSize); from != 0) {
    const PageAccess access(from);
    memcpy(to, reinterpret_cast<const void*>(from + offset % kPageSize), length);
  } else if (may_be_block(offset / kPageSize)) {
    return want(offset / kPageSize);
  } else {
    memset(to, 0, length);
  }
  return {};
}

/// The bytes between the end of the file and the end of its last page are zero, whatever a mapping left there.
void Contents::clear_tail() {
  if (size_ % kPageSize != 0) zero(size_, kPageSize - size_ % kPageSize);
}

/// Calls `visit(entry)` for the entry of each page from `first` to `last` that is there; frees nodes that are then empty.
template <class Visit>
void Contents::each_page(u64 first, u64 last, Visit visit) {
  struct Level {
    static void go(u64& entry, u32 height, u64 base, u64 low, u64 high, Visit& act) {
      if (entry == 0) return;
      if (height == 0) return base >= low ? act(entry) : void();
      const u64 span = u64{1} << (9 * (height - 1));
      u64* const node = node_at(entry);
      const u64 begin = low <= base ? 0 : least((low - base) / span, kBranches);
      for (u64 i = begin; i < kBranches && base + i * span <= high; ++i) go(node[i], height - 1, base + i * span, low, high, act);
      for (u64 i = 0; i < kBranches; ++i) {
        if (node[i] != 0) return;
      }
      give_runtime_pages(entry, 1);
      entry = 0;
    }
  };
  Level::go(root_, height_, 0, first, last, visit);
  if (root_ == 0) height_ = 0;
}

void Contents::cut_pages(u64 first) {
  if (root_ == 0) return;
  const u64 before = pages_;
  each_page(first, ~u64{0} >> 1, [this](u64& entry) { drop(entry); });
  if (before != pages_ && stored_ == nullptr) budget_->refund(before - pages_);
}

/// Zeroes what is there of a range.
void Contents::zero(u64 offset, u64 length) {
  while (length != 0) {
    const u64 within = offset % kPageSize;
    const u64 part = least(length, kPageSize - within);
    if (const u64 at = page(offset / kPageSize); at != 0) {
      const PageAccess access(at);
      memset(reinterpret_cast<void*>(at + within), 0, part);
    }
    offset += part;
    length -= part;
  }
}

Outcome<> Contents::resize(u64 size) {
  if (size > kLargestFile) return fail(Errno::fbig);
  TRY(own());
  if (size < size_) {
    if (stored_ != nullptr) TRY(cut_stored(size));
    cut_pages(align_up(size, kPageSize) / kPageSize);
    if (size % kPageSize != 0) zero(size, kPageSize - size % kPageSize);
  }
  const u64 old_size = size_;
  if (was_mapped_ && size > old_size) clear_tail();
  size_ = size;
  return mappings != nullptr && size > old_size ? settle(old_size) : Outcome<>{};
}

Outcome<> Contents::reserve(u64 offset, u64 length) {
  TRY(own());
  const u64 first = offset / kPageSize, count = (offset + length - 1) / kPageSize - first + 1;
  if (count > budget_->most) return fail(Errno::nospc);
  const u64 marks_length = count / 8 + 1;
  const auto marks = allocate(marks_length);  // a bit for each page that was made
  if (!marks.ok()) return fail(Errno::nospc);
  auto* const made = static_cast<u8*>(*marks);
  const Outcome<> filled = fill(first, count, made);
  if (!filled.ok()) unfill(first, count, made);
  release_memory(made, marks_length);
  return filled.ok() ? Outcome<>{} : fail(filled.error());
}

/// Makes the pages that are not there and marks them.
Outcome<> Contents::fill(u64 first, u64 count, u8* made) {
  for (u64 i = 0; i < count; ++i) {
    if (page(first + i) != 0) continue;
    TRY(page_to_write(first + i));
    made[i / 8] |= static_cast<u8>(1u << i % 8);
  }
  return {};
}

/// Gives back what `fill` has made.
void Contents::unfill(u64 first, u64 count, const u8* made) {
  for (u64 i = 0; i < count; ++i) {
    if ((made[i / 8] >> i % 8 & 1) == 0) continue;
    drop(**entry_of(first + i));
    budget_->refund(1);
  }
  each_page(first, first + count - 1, [](u64&) {});  // nodes that are empty now
}

Outcome<> Contents::punch(u64 offset, u64 length) {
  TRY(own());
  if (length > size_ || offset > size_ - length) length = offset < size_ ? align_up(size_, kPageSize) - offset : 0;
  if (length == 0) return {};
  const u64 begin = align_up(offset, kPageSize), end = align_down(offset + length, kPageSize);
  if (stored_ != nullptr) TRY(punch_stored(offset, offset + length));
  if (begin >= end) return zero(offset, length), Outcome<>{};
  zero(offset, begin - offset);
  zero(end, offset + length - end);
  if (root_ == 0) return {};
  const u64 before = pages_;
  each_page(begin / kPageSize, end / kPageSize - 1, [this](u64& entry) {
    const u64 address = address_in(entry);
    if (!is_mapped_page(address)) return drop(entry);
    const PageAccess access(address);
    memset(reinterpret_cast<void*>(address), 0, kPageSize);
    if (stored_ != nullptr) make_dirty_at_once(entry);
  });
  if (stored_ == nullptr) budget_->refund(before - pages_);
  return {};
}

/// The first page from `from` on that is there, or kNone.
u64 Contents::next_page(u64 from) const {
  while (from < reach()) {
    u64 at = root_;
    u32 height = height_;
    for (; height != 0 && at != 0; --height) at = node_at(at)[branch_of(from, height)];
    if (at != 0) return from;
    // Nothing under this branch: on to the next one.
    const u64 span = u64{1} << (9 * height);
    from = align_down(from, span) + span;
  }
  return kNone;
}

Outcome<u64> Contents::find(u64 offset, bool data) const {
  if (offset >= size_) return fail(Errno::nxio);
  if (measured_ != 0) return data ? offset : size_;
  u64 index = offset / kPageSize;
  if (data) {
    const u64 found = next_page(index);
    if (found == kNone || found * kPageSize >= size_) return fail(Errno::nxio);
    return found == index ? offset : found * kPageSize;
  }
  if (page(index) == 0) return offset;
  while (page(index) != 0) ++index;
  return least(index * kPageSize, size_);
}

u64 Contents::evict(u64& from, u64 most) {
  u64 freed = 0;
  while (freed < most) {
    const u64 index = next_page(from);
    if (index == kNone) {
      from = kNoPage;
      return freed;
    }
    const u64 last = index | (kBranches - 1);
    each_page(index, last, [&](u64& entry) {
      if ((entry & kDirty) != 0 || (mappings != nullptr && is_mapped_page(address_in(entry)))) return;
      if ((entry & kRecent) != 0) {
        entry &= ~kRecent;
      } else if (freed < most) {
        drop(entry);
        ++freed;
      }
    });
    from = last + 1;
  }
  return freed;
}

}  // namespace sgxx::enclave
