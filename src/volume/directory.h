// SPDX-License-Identifier: Apache-2.0
//
// The data of a directory: entries, packed one behind the other, in the order of creation:
//   u64 object, u8 length, `length` bytes of name
// The record's size says where they end. An entry may lie across blocks; who reads them has all the bytes.
#pragma once

#include <optional>
#include <string_view>

#include "volume/fault.h"
#include "volume/format.h"

namespace sgxx::volume {

inline constexpr u64 kLongestName = 255;
inline constexpr u64 kEntryHead = 9;

struct DirectoryEntry {
  u64 object = 0;
  std::string_view name;  ///< in the bytes that were read
};

/// 1 to 255 bytes without '/' and NUL, and not "." or "..".
bool is_entry_name(std::string_view name);

/// Reads entries one by one.
class DirectoryReader {
 public:
  explicit DirectoryReader(ByteView bytes) : rest_(bytes) {}
  bool at_end() const { return rest_.empty(); }
  /// Fault::integrity when what follows is no entry.
  Outcome<DirectoryEntry> next();

 private:
  ByteView rest_;
};

constexpr u64 entry_size(std::string_view name) { return kEntryHead + name.size(); }
/// Writes an entry, whose name is one, to `to`; `entry_size` bytes.
void write_entry(u8* to, const DirectoryEntry& entry);

}  // namespace sgxx::volume
