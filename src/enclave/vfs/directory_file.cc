// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/descriptors.h"
#include "enclave/program_memory.h"
#include "enclave/string.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/node_file.h"
#include "enclave/vfs/synthetic.h"

namespace sgxx::enclave {
namespace {

/// struct linux_dirent64; the name and its NUL follow.
struct Record {
  u64 inode;
  u64 next;
  u16 length;
  u8 type;
};
constexpr u64 kHeader = 19;

/// Writes records one after the other.
class Lister {
 public:
  Lister(u64 to, u64 length) : at_(to), left_(length) {}

  /// False when it does not fit any more.
  Outcome<bool> put(const Inode& inode, Text name, u64 next) { return put(inode.number, inode.type(), name, next); }
  Outcome<bool> put(u64 number, u32 type, Text name, u64 next) {
    const u64 length = align_up(kHeader + name.length + 1, 8);
    if (length > left_) return false;
    std::array<u8, 280> bytes{};
    const Record record{number, next, static_cast<u16>(length), static_cast<u8>(type >> 12)};
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
  u64 at_, left_, done_ = 0;
};

/// /proc/self/fd; positions are numbers + 2.
Outcome<> list_descriptors(Lister& lister, u64& position) {
  for (u64 i = next_descriptor(position - 2); i < kMostDescriptors; i = next_descriptor(i + 1)) {
    std::array<char, 8> digits;
    u64 at = digits.size(), number = i;
    do {
      digits[--at] = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
    if (!TRY(lister.put(i + 2, file_mode::link, Text{digits.data() + at, digits.size() - at}, i + 3))) return {};
    position = i + 3;
  }
  position = kMostDescriptors + 2;
  return {};
}

/// `position` moves on with each record.
Outcome<> list_entries(Inode& directory, Lister& lister, u64& position) {
  if (position == 0) {
    if (!TRY(lister.put(directory, Text::of("."), 1))) return {};
    position = 1;
  }
  if (position == 1) {
    if (!TRY(lister.put(parent_of(directory), Text::of(".."), 2))) return {};
    position = 2;
  }
  if (directory.synthetic == synthetic::descriptors) return list_descriptors(lister, position);
  for (const Entry* entry = directory.entries.from(position); entry != nullptr; entry = entry->next) {
    if (!TRY(lister.put(through_mounts(*entry->inode), entry->name(), entry->sequence + 1))) return {};
    position = entry->sequence + 1;
  }
  return {};
}

}  // namespace

Outcome<u64> DirectoryFile::list(u64 to, u64 length) {
  Guard position_guard(lock_);
  Guard guard(tree_lock);
  if (node().links == 0) return fail(Errno::noent);
  Lister lister(to, length);
  const u64 before = position_;
  const Outcome<> ended = list_entries(node(), lister, position_);
  if (lister.done() != 0) return lister.done();
  if (!ended.ok()) return fail(ended.error());
  // Nothing was written: because nothing is left, or because the first record did not fit.
  const bool at_end = before >= 2 && (node().synthetic != 0 || node().entries.from(before) == nullptr);
  return at_end ? Outcome<u64>(u64{0}) : fail(Errno::inval);
}

Outcome<u64> DirectoryFile::seek(i64 offset, u32 whence) {
  enum : u32 { set, current };
  Guard guard(lock_);
  if (whence > current) return fail(Errno::inval);
  const i64 base = whence == current ? static_cast<i64>(position_) : 0;
  i64 target = 0;
  if (__builtin_add_overflow(base, offset, &target) || target < 0) return fail(Errno::inval);
  return position_ = static_cast<u64>(target);
}

}  // namespace sgxx::enclave
