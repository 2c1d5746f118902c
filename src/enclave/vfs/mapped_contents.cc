// SPDX-License-Identifier: Apache-2.0
//
// Contents that are mapped into the program's memory: a page of a mapping is a page of the file as long as the file reaches that
// far. The page map tells the two apart: a page of a mapping is the program's.
#include "enclave/host_call.h"
#include "enclave/memory/page_map.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"
#include "enclave/vfs/contents.h"
#include "enclave/vfs/file_mapping.h"
#include "enclave/volume/stored_file.h"

namespace sgxx::enclave {
namespace {

constexpr u8 kReadWrite = page::readable | page::writable;

u64 pages_for(u64 size) { return align_up(size, kPageSize) / kPageSize; }

}  // namespace

bool is_mapped_page(u64 address) { return (page_map().at(address) & page::used) != 0; }

void give_file_page(u64 address) {
  if (!is_mapped_page(address)) return give_runtime_pages(address, 1);
  // The mapping keeps its memory; it shows nothing until the file reaches here again.
  (void)protect_memory(address, kPageSize, kReadWrite);
  memset(reinterpret_cast<void*>(address), 0, kPageSize);
  (void)close_behind_file(address, kPageSize);
}

PageAccess::PageAccess(u64 address) : address_(address) {
  if (!is_mapped_page(address) || (page_map().at(address) & page::rights) == kReadWrite) return;
  opened_ = true;
  host::protect(address_, kPageSize, Permission::rw());
}

PageAccess::~PageAccess() {
  if (!opened_) return;
  const bool readable = (page_map().at(address_) & page::readable) != 0;
  host::protect(address_, kPageSize, readable ? Permission::r() : Permission::none());
}

FileMapping* Contents::mapping_of(u64 index) const {
  FileMapping* at = mappings;
  while (at != nullptr && at->address_of(index) == 0) at = at->next_of_file;
  return at;
}

Outcome<> Contents::adopt_page(FileMapping& mapping, u64 index) {
  const u64 address = mapping.address_of(index);
  if (may_be_block(index) && find_entry(index) == nullptr) return want(index);
  u64* const entry = TRY(entry_of(index));
  if (*entry == 0) {
    // In an encrypted volume's cache only those pages count that it can give back.
    if (stored_ == nullptr) TRY(budget_->charge());
    *entry = address | (stored_ != nullptr ? kZero : 0);
    if (++pages_ == 1 && stored_ != nullptr) note_resident(*stored_);
  } else if (const u64 before = address_in(*entry); before != address) {
    memcpy(reinterpret_cast<void*>(address), reinterpret_cast<const void*>(before), kPageSize);
    give_runtime_pages(before, 1);
    if (stored_ != nullptr) budget_->refund(1);
    *entry = address | (*entry & kFlags);
  }
  return {};
}

Outcome<> Contents::adopt(FileMapping& mapping) {
  TRY(own());
  was_mapped_ = true;
  const u64 end = pages_for(size_);
  u64 index = mapping.first;
  for (; index < mapping.first + mapping.pages && index < end; ++index) TRY(adopt_page(mapping, index));
  const u64 covered = (index - mapping.first) * kPageSize, length = mapping.pages * kPageSize;
  if (covered != 0 && mapping.rights != kReadWrite) TRY(protect_memory(mapping.address, covered, mapping.rights));
  if (covered != length) TRY(close_behind_file(mapping.address + covered, length - covered));
  return {};
}

Outcome<> Contents::settle(u64 old_size) {
  for (FileMapping* mapping = mappings; mapping != nullptr; mapping = mapping->next_of_file) {
    const u64 begin = old_size / kPageSize > mapping->first ? old_size / kPageSize : mapping->first;
    const u64 stop = mapping->first + mapping->pages < pages_for(size_) ? mapping->first + mapping->pages : pages_for(size_);
    if (begin >= stop) continue;
    const u64 address = mapping->address_of(begin), length = (stop - begin) * kPageSize;
    TRY(protect_memory(address, length, kReadWrite));
    for (u64 index = begin; index < stop; ++index) TRY(adopt_page(*mapping, index));
    if (mapping->rights != kReadWrite) TRY(protect_memory(address, length, mapping->rights));
    if (stop < mapping->first + mapping->pages) {
      TRY(close_behind_file(mapping->address_of(stop), mapping->end() - mapping->address_of(stop)));
    }
  }
  return {};
}

}  // namespace sgxx::enclave
