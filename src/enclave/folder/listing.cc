// SPDX-License-Identifier: Apache-2.0
#include "enclave/folder/listing.h"

#include "enclave/abort.h"
#include "enclave/folder/calls.h"
#include "enclave/memory/runtime_memory.h"
#include "enclave/string.h"

namespace sgxx::enclave {
namespace {

constexpr u64 kMost = u64{64} << 20;  // bytes; the host might go on for ever
constexpr u64 kAtOnce = abi::kHostDataSize;

u64 length_of(const abi::FolderEntry& entry) { return sizeof(entry) + align_up(entry.length, 8); }

abi::FolderEntry entry_at(u64 address) {
  abi::FolderEntry entry;
  memcpy(&entry, reinterpret_cast<const void*>(address), sizeof(entry));
  return entry;
}

/// A name that a directory can hold, and neither . nor .., which the enclave adds itself.
bool is_name(Text name) {
  if (name == Text::of(".") || name == Text::of("..")) return false;
  for (u64 i = 0; i < name.length; ++i) {
    if (name.data[i] == 0 || name.data[i] == '/') return false;
  }
  return true;
}

/// Entries, one behind the other, that fill [begin, end) and each hold a name.
bool are_entries(u64 begin, u64 end) {
  while (begin != end) {
    if (end - begin < sizeof(abi::FolderEntry)) return false;
    const abi::FolderEntry entry = entry_at(begin);
    if (entry.length == 0 || entry.length > Directory::kLongestName || length_of(entry) > end - begin) return false;
    if (!is_name({reinterpret_cast<const char*>(begin) + sizeof(entry), entry.length})) return false;
    begin += length_of(entry);
  }
  return true;
}

}  // namespace

Listing::~Listing() {
  if (pages_ != 0) give_runtime_pages(pages_, page_count_);
}

Outcome<> Listing::make_room() {
  if (length_ + kAtOnce <= page_count_ * kPageSize) return {};
  if (length_ > kMost) return fail(Errno::nomem);
  const u64 count = page_count_ == 0 ? kAtOnce / kPageSize : page_count_ * 2;
  const u64 pages = TRY(take_runtime_pages(count));
  if (pages_ != 0) {
    memcpy(reinterpret_cast<void*>(pages), reinterpret_cast<const void*>(pages_), length_);
    give_runtime_pages(pages_, page_count_);
  }
  pages_ = pages;
  page_count_ = count;
  return {};
}

Outcome<> Listing::load(u32 handle) {
  length_ = 0;
  for (bool restart = true;; restart = false) {
    TRY(make_room());
    const u64 begin = pages_ + length_;
    const auto count = host::folder_list(handle, restart, reinterpret_cast<void*>(begin));
    if (!count.ok()) return fail(count.error());
    if (*count == 0) return {};
    require(are_entries(begin, begin + *count), abi::AbortReason::bad_host_reply);
    length_ += *count;
  }
}

std::optional<Listing::Name> Listing::at(u64 position) const {
  for (u64 offset = 0; offset != length_;) {
    const abi::FolderEntry entry = entry_at(pages_ + offset);
    const u64 next = offset + length_of(entry);
    if (offset >= position) {
      return Name{entry.number, entry.type, {reinterpret_cast<const char*>(pages_ + offset) + sizeof(entry), entry.length}, next};
    }
    offset = next;
  }
  return std::nullopt;
}

}  // namespace sgxx::enclave
