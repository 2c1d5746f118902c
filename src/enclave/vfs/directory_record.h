// SPDX-License-Identifier: Apache-2.0
//
// What getdents64 writes: records, one after the other.
#pragma once

#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

class DirectoryRecords {
 public:
  DirectoryRecords(u64 to, u64 length) : at_(to), left_(length) {}

  /// False when it does not fit any more. `type`: S_IF*; `next`: the position behind this record.
  Outcome<bool> put(u64 number, u32 type, Text name, u64 next) {
    const u64 length = align_up(kHeader + name.length + 1, 8);
    if (length > left_) return false;
    std::array<u8, 280> bytes{};
    const Record record{number, next, static_cast<u16>(length), static_cast<u8>((type & file_mode::format) >> 12)};
    memcpy(bytes.data(), &record, kHeader);
    memcpy(bytes.data() + kHeader, name.data, name.length);
    TRY(write_program(at_, bytes.data(), length));
    at_ += length;
    left_ -= length;
    done_ += length;
    return true;
  }
  u64 done() const { return done_; }

 private:
  /// struct linux_dirent64; the name and its NUL follow.
  struct Record {
    u64 inode;
    u64 next;
    u16 length;
    u8 type;
  };
  static constexpr u64 kHeader = 19;

  u64 at_, left_, done_ = 0;
};

/// lseek on a directory whose next record is `position`: the new one. EINVAL from its end, and below zero.
inline Outcome<u64> directory_position(u64 position, i64 offset, u32 whence) {
  enum : u32 { set, current };
  if (whence > current) return fail(Errno::inval);
  const i64 base = whence == current ? static_cast<i64>(position) : 0;
  i64 target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return fail(Errno::inval);
  return static_cast<u64>(target);
}

}  // namespace sgxx::enclave
