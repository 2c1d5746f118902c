// SPDX-License-Identifier: Apache-2.0
#include "volume/directory.h"

#include <algorithm>

namespace sgxx::volume {

bool is_entry_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name == "." || name == "..") return false;
  for (const char letter : name) {
    if (letter == '/' || letter == 0) return false;
  }
  return true;
}

Outcome<std::optional<DirectoryEntry>> DirectoryReader::next() {
  auto object = read_at<u64>(rest_, 0);
  while (!object || *object == 0) {
    if (!std::ranges::all_of(rest_, [](u8 byte) { return byte == 0; })) return fail(Fault::integrity);
    if (blocks_.empty()) return std::optional<DirectoryEntry>();
    if (blocks_.size() < kBlockSize) return fail(Fault::integrity);
    rest_ = blocks_.first(kBlockSize);
    blocks_ = blocks_.subspan(kBlockSize);
    ++block_;
    object = read_at<u64>(rest_, 0);
  }
  const auto length = read_at<u8>(rest_, sizeof(u64));
  if (!length) return fail(Fault::integrity);
  const auto name = slice(rest_, kEntryHead, *length);
  if (!name) return fail(Fault::integrity);
  const std::string_view text(reinterpret_cast<const char*>(name->data()), name->size());
  if (*object <= kTableObject || *object >= kMostObjects || !is_entry_name(text)) return fail(Fault::integrity);
  rest_ = rest_.subspan(entry_size(text));
  return std::optional(DirectoryEntry{*object, text});
}

void write_entry(u8* to, const DirectoryEntry& entry) {
  const u8 length = static_cast<u8>(entry.name.size());
  std::memcpy(to, &entry.object, sizeof(u64));
  std::memcpy(to + sizeof(u64), &length, 1);
  std::memcpy(to + kEntryHead, entry.name.data(), length);
}

}  // namespace sgxx::volume
