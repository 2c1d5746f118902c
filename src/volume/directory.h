// SPDX-License-Identifier: Apache-2.0
//
// The data of a directory: blocks of entries. Each block is by itself, so that a name that changes is one block that changes:
//   u64 object, u8 length, `length` bytes of name
// one behind the other from the beginning of the block; what is left behind the last is zero. A block may be empty, or a hole.
// The record's size is that of all blocks.
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

/// Reads the entries of whole blocks one by one.
class DirectoryReader {
 public:
  explicit DirectoryReader(ByteView blocks) : blocks_(blocks) {}
  /// Nothing at the end. Fault::integrity when what follows is no entry.
  Outcome<std::optional<DirectoryEntry>> next();
  /// Which block the last entry was in.
  u64 block() const { return block_; }

 private:
  ByteView blocks_;  // after the one that is being read
  ByteView rest_;    // of that one
  u64 block_ = ~u64{0};
};

constexpr u64 entry_size(std::string_view name) { return kEntryHead + name.size(); }
/// Where an entry goes behind those that end at `end`: there, or at the beginning of the next block.
constexpr u64 entry_offset(u64 end, std::string_view name) {
  return end % kBlockSize + entry_size(name) > kBlockSize ? align_up(end, kBlockSize) : end;
}
/// Writes an entry, whose name is one, to `to`; `entry_size` bytes.
void write_entry(u8* to, const DirectoryEntry& entry);

}  // namespace sgxx::volume
