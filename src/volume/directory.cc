// SPDX-License-Identifier: Apache-2.0
#include "volume/directory.h"

namespace sgxx::volume {

bool is_entry_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name == "." || name == "..") return false;
  for (const char letter : name) {
    if (letter == '/' || letter == 0) return false;
  }
  return true;
}

Outcome<DirectoryEntry> DirectoryReader::next() {
  const auto object = read_at<u64>(rest_, 0);
  const auto length = read_at<u8>(rest_, sizeof(u64));
  if (!object || !length) return fail(Fault::integrity);
  const auto name = slice(rest_, kEntryHead, *length);
  if (!name) return fail(Fault::integrity);
  const std::string_view text(reinterpret_cast<const char*>(name->data()), name->size());
  if (*object <= kTableObject || *object >= kMostObjects || !is_entry_name(text)) return fail(Fault::integrity);
  rest_ = rest_.subspan(entry_size(text));
  return DirectoryEntry{*object, text};
}

void write_entry(u8* to, const DirectoryEntry& entry) {
  const u8 length = static_cast<u8>(entry.name.size());
  std::memcpy(to, &entry.object, sizeof(u64));
  std::memcpy(to + sizeof(u64), &length, 1);
  std::memcpy(to + kEntryHead, entry.name.data(), length);
}

}  // namespace sgxx::volume
