// SPDX-License-Identifier: Apache-2.0
#include "enclave/vfs/file_mapping.h"

#include "enclave/memory/page_map.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/thread/sleep_lock.h"
#include "enclave/vfs/mount.h"
#include "enclave/volume/pages.h"

namespace sgxx::enclave {
namespace {

constexpr u8 kReadWrite = page::readable | page::writable;

bool is_writable(u8 rights) { return (rights & page::writable) != 0; }

constinit SleepLock mapping_lock;  // taken before an inode's lock
FileMapping* mappings;

/// The mapping that lies lowest among those that meet [begin, end).
FileMapping* lowest_in(u64 begin, u64 end) {
  FileMapping* found = nullptr;
  for (FileMapping* at = mappings; at != nullptr; at = at->next) {
    if (at->address < end && begin < at->end() && (found == nullptr || at->address < found->address)) found = at;
  }
  return found;
}

void link(FileMapping& mapping) {
  mapping.inode->acquire();
  mapping.next = std::exchange(mappings, &mapping);
  mapping.next_of_file = std::exchange(mapping.inode->contents.mappings, &mapping);
}

/// The inode's lock is held; the caller releases the inode.
void unlink(FileMapping& mapping) {
  FileMapping** at = &mappings;
  while (*at != &mapping) at = &(*at)->next;
  *at = mapping.next;
  at = &mapping.inode->contents.mappings;
  while (*at != &mapping) at = &(*at)->next_of_file;
  *at = mapping.next_of_file;
}

/// Pages [first, last] of `mapping` are its file's and nobody else's from now on, or given back where the file has none there.
void detach_pages(const FileMapping& mapping, u64 first, u64 last) {
  Contents& contents = mapping.inode->contents;
  if (contents.stored() != nullptr) contents.note_unmapped(mapping, first, last);
  for (u64 index = first; index <= last; ++index) {
    const u64 address = mapping.address_of(index);
    if (contents.page(index) == address) {
      keep_for_runtime(address, kPageSize);
    } else {
      (void)unmap_memory(address, kPageSize);
    }
  }
}

/// Cuts [begin, end), which lies within `mapping`, out of it.
Outcome<> detach(FileMapping& mapping, u64 begin, u64 end) {
  Inode& inode = *mapping.inode;
  const u64 first = mapping.first + (begin - mapping.address) / kPageSize;
  const u64 last = mapping.first + (end - mapping.address) / kPageSize - 1;
  FileMapping* rest = nullptr;
  if (begin != mapping.address && end != mapping.end()) rest = TRY(create<FileMapping>(mapping));
  bool gone = false;
  {
    Guard guard(inode.lock);
    detach_pages(mapping, first, last);
    if (rest != nullptr) {
      rest->first = last + 1;
      rest->address = end;
      rest->pages = mapping.first + mapping.pages - rest->first;
      link(*rest);
      mapping.pages = first - mapping.first;
    } else if (begin != mapping.address) {
      mapping.pages = first - mapping.first;
    } else {
      const u64 cut = (end - begin) / kPageSize;
      mapping.address += cut * kPageSize;
      mapping.first += cut;
      mapping.pages -= cut;
      gone = mapping.pages == 0;
      if (gone) unlink(mapping);
    }
  }
  if (!gone) return {};
  destroy(&mapping);
  inode.release();
  return {};
}

/// What is mapped of this file at [first, first + pages): all of it by one mapping, or something of it, or nothing.
FileMapping* overlapping(Inode& inode, u64 first, u64 pages) {
  for (FileMapping* at = inode.contents.mappings; at != nullptr; at = at->next_of_file) {
    if (at->first < first + pages && first < at->first + at->pages) return at;
  }
  return nullptr;
}

/// Pages [first, first + pages) of what is mapped already are mapped once more; ENODEV when they are not all of it.
Outcome<> share(FileMapping& there, u64 first, u64 pages, u8 rights) {
  if (first < there.first || there.first + there.pages < first + pages) return fail(Errno::nodev);
  if (const u8 all = there.rights | rights; all != there.rights) {
    Guard inode_guard(there.inode->lock);
    there.rights = all;
    there.was_writable |= is_writable(all);
    TRY(there.inode->contents.settle(0));
  }
  ++there.count;
  return {};
}

/// Memory that becomes a mapping's.
Outcome<u64> take_place(MapRequest request) {
  request.rights = kReadWrite;
  const u64 address = TRY(map_memory(request));
  accept_memory(address, align_up(request.length, kPageSize));
  return address;
}

/// A mapping of pages of which none is mapped so far, at a place that was taken for it: that is given back when there is none.
Outcome<FileMapping*> attach(Inode& inode, u64 address, u64 first, u64 pages, u8 rights) {
  const auto mapping =
      create<FileMapping>(FileMapping{nullptr, nullptr, &inode, address, first, pages, rights, is_writable(rights), 1});
  if (!mapping.ok()) {
    (void)unmap_memory(address, pages * kPageSize);
    return fail(Errno::nomem);
  }
  {
    Guard inode_guard(inode.lock);
    link(**mapping);
  }
  const Outcome<> settled = with_pages(inode, [&] { return inode.contents.adopt(**mapping); });
  if (settled.ok()) {
    if (inode.stored != nullptr) inode.stored->volume->note_mapped(*inode.stored);
    return *mapping;
  }
  {
    Guard inode_guard(inode.lock);
    detach_pages(**mapping, first, first + pages - 1);
    unlink(**mapping);
  }
  destroy(*mapping);
  inode.release();
  return fail(Errno::nomem);
}

/// `tail` lies right behind `mapping`, in the file as in memory, and is used as often: they are one from now on.
void merge(FileMapping& mapping, FileMapping* tail) {
  Inode& inode = *mapping.inode;
  {
    Guard inode_guard(inode.lock);
    unlink(*tail);
    mapping.pages += tail->pages;
  }
  destroy(tail);
  inode.release();
}

/// `mapping` goes to `place`, which was taken for it: unmapped and mapped again, as it is.
Outcome<> move_to(FileMapping& mapping, u64 place) {
  return with_pages(*mapping.inode, [&]() -> Outcome<> {
    if (mapping.address != place) detach_pages(mapping, mapping.first, mapping.first + mapping.pages - 1);
    mapping.address = place;
    return mapping.inode->contents.adopt(mapping);
  });
}

}  // namespace

Outcome<u64> map_shared(Inode& inode, const MapRequest& request, u64 offset) {
  // A read-only file never changes: a copy will do.
  if (inode.mount->read_only) return map_private(inode, request, offset);
  const u64 first = offset / kPageSize, pages = align_up(request.length, kPageSize) / kPageSize;
  Guard guard(mapping_lock);
  if (FileMapping* const there = overlapping(inode, first, pages)) {
    const u64 address = there->address_of(first);
    const bool may_lie_there = request.placement == MapRequest::Placement::anywhere || request.address == address;
    if (!may_lie_there) return fail(Errno::nodev);
    TRY(share(*there, first, pages, request.rights));
    return address;
  }
  const u64 address = TRY(take_place(request));
  return TRY(attach(inode, address, first, pages, request.rights))->address;
}

Outcome<u64> map_private(Inode& inode, const MapRequest& request, u64 offset) {
  const u64 address = TRY(take_place(request));
  const u64 length = align_up(request.length, kPageSize);
  u64 there = 0, at = 0;
  const Outcome<> copied = with_pages(inode, [&]() -> Outcome<> {
    const u64 size = inode.contents.size();
    there = offset >= size ? 0 : size - offset < length ? size - offset : length;
    for (; at < there; at += kPageSize) {
      const u64 part = there - at < kPageSize ? there - at : kPageSize;
      TRY(inode.contents.read_bytes(reinterpret_cast<void*>(address + at), offset + at, part));
    }
    return {};
  });
  if (!copied.ok()) {
    (void)unmap_memory(address, length);
    return fail(copied.error());
  }
  const u64 covered = align_up(there, kPageSize);
  if (covered != 0) TRY(protect_memory(address, covered, request.rights));
  if (covered != length) TRY(close_behind_file(address + covered, length - covered));
  return address;
}

Outcome<> unmap_range(u64 address, u64 raw_length) {
  const auto length = checked_align_up(raw_length, kPageSize);
  if (!is_aligned(address, kPageSize) || !length || *length == 0 || !page_map().covers(address, *length)) {
    return unmap_memory(address, raw_length);
  }
  const u64 end = address + *length;
  Guard guard(mapping_lock);
  while (address < end) {
    FileMapping* const mapping = lowest_in(address, end);
    if (mapping == nullptr) break;
    const u64 begin = mapping->address > address ? mapping->address : address;
    const u64 stop = mapping->end() < end ? mapping->end() : end;
    if (begin != address) TRY(unmap_memory(address, begin - address));
    // Mapped more than once: it goes with the last of them.
    if (mapping->count > 1) {
      if (begin == mapping->address && stop == mapping->end()) --mapping->count;
    } else {
      TRY(detach(*mapping, begin, stop));
    }
    address = stop;
  }
  return address == end ? Outcome<>{} : unmap_memory(address, end - address);
}

void note_rights(u64 address, u64 length, u8 rights) {
  Guard guard(mapping_lock);
  for (FileMapping* at = mappings; at != nullptr; at = at->next) {
    const u64 end = address + align_up(length, kPageSize);
    if (at->address >= end || address >= at->end()) continue;
    Guard inode_guard(at->inode->lock);
    at->was_writable |= is_writable(rights);
    if (address <= at->address && at->end() <= end) {
      at->rights = rights;
      (void)at->inode->contents.settle(0);  // beyond the end of the file it stays closed
    }
  }
}

Outcome<u64> extend_shared(u64 address, u64 old_length, u64 new_length, MayMove may_move) {
  Guard guard(mapping_lock);
  FileMapping* const mapping = lowest_in(address, address + old_length);
  if (mapping == nullptr || mapping->end() != address + old_length) return fail(Errno::nomem);
  Inode& inode = *mapping->inode;
  const u64 first = mapping->first + mapping->pages, pages = (new_length - old_length) / kPageSize;
  if (FileMapping* const there = overlapping(inode, first, pages)) {
    if (there->address_of(first) != mapping->end() || !share(*there, first, pages, mapping->rights).ok())
      return fail(Errno::nomem);
    return address;
  }
  const auto behind =
      take_place({.address = mapping->end(), .length = pages * kPageSize, .placement = MapRequest::Placement::fixed_free});
  if (behind.ok()) {
    FileMapping* const tail = TRY(attach(inode, *behind, first, pages, mapping->rights));
    if (mapping->count == 1) merge(*mapping, tail);
    return address;
  }
  // Who asked for the same pages elsewhere goes on using them where they are.
  const bool is_alone = mapping->address == address && mapping->count == 1;
  if (may_move == MayMove::no || !is_alone) return fail(Errno::nomem);
  const u64 place = TRY(take_place({.length = new_length}));
  const auto tail = attach(inode, place + old_length, first, pages, mapping->rights);
  if (!tail.ok()) {
    (void)unmap_memory(place, old_length);
    return fail(Errno::nomem);
  }
  TRY(move_to(*mapping, place));
  merge(*mapping, *tail);
  return place;
}

bool is_shared_file(u64 address, u64 length) {
  Guard guard(mapping_lock);
  return lowest_in(address, address + length) != nullptr;
}

}  // namespace sgxx::enclave
