// SPDX-License-Identifier: Apache-2.0
#include "enclave/file/descriptors.h"
#include "enclave/thread/threads.h"
#include "enclave/vfs/directory_record.h"
#include "enclave/vfs/mount.h"
#include "enclave/vfs/node_file.h"
#include "enclave/vfs/synthetic.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave {
namespace {

Outcome<bool> put(DirectoryRecords& records, const Inode& inode, Text name, u64 next) {
  return records.put(inode.number, inode.type(), name, next);
}

/// A name that is a number.
Outcome<bool> put_number(DirectoryRecords& records, u64 number, u32 type, u64 next) {
  std::array<char, 8> digits;
  u64 at = digits.size();
  for (u64 left = number; at == digits.size() || left != 0; left /= 10) digits[--at] = static_cast<char>('0' + left % 10);
  return records.put(number + 2, type, Text{digits.data() + at, digits.size() - at}, next);
}

/// /proc/self/task; positions are indices of thread blocks + 2.
Outcome<> list_threads(DirectoryRecords& records, u64& position) {
  for (; position - 2 < enclave_config.thread_count; ++position) {
    const ThreadBlock& block = thread_block(static_cast<u32>(position - 2));
    const i32 thread = block.in_use.load() != 0 ? block.tid : 0;
    if (thread == 0 || !is_thread(thread)) continue;
    if (!TRY(put_number(records, static_cast<u64>(thread), file_mode::directory, position + 1))) return {};
  }
  return {};
}

/// /proc/self/fd; positions are numbers + 2.
Outcome<> list_descriptors(DirectoryRecords& records, u64& position) {
  for (u64 i = next_descriptor(position - 2); i < kMostDescriptors; i = next_descriptor(i + 1)) {
    if (!TRY(put_number(records, i, file_mode::link, i + 3))) return {};
    position = i + 3;
  }
  position = kMostDescriptors + 2;
  return {};
}

/// `position` moves on with each record.
Outcome<> list_entries(Inode& directory, DirectoryRecords& records, u64& position) {
  if (position == 0) {
    if (!TRY(put(records, directory, Text::of("."), 1))) return {};
    position = 1;
  }
  if (position == 1) {
    if (!TRY(put(records, parent_of(directory), Text::of(".."), 2))) return {};
    position = 2;
  }
  if (directory.synthetic == synthetic::descriptors) return list_descriptors(records, position);
  if (directory.synthetic == synthetic::threads) return list_threads(records, position);
  for (const Entry* entry = directory.entries.from(position); entry != nullptr; entry = entry->next) {
    if (!TRY(put(records, through_mounts(*entry->inode), entry->name(), entry->sequence + 1))) return {};
    position = entry->sequence + 1;
  }
  return {};
}

}  // namespace

Outcome<> DirectoryFile::synchronise() { return commit_volume_of(node()); }

Outcome<u64> DirectoryFile::list(u64 to, u64 length) {
  Guard position_guard(lock_);
  Guard guard(tree_lock);
  if (node().links == 0) return fail(Errno::noent);
  DirectoryRecords records(to, length);
  const u64 before = position_;
  const Outcome<> ended = list_entries(node(), records, position_);
  if (records.done() != 0) return records.done();
  if (!ended.ok()) return fail(ended.error());
  // Nothing was written: because nothing is left, or because the first record did not fit.
  const bool at_end = before >= 2 && (node().synthetic != 0 || node().entries.from(before) == nullptr);
  return at_end ? Outcome<u64>(u64{0}) : fail(Errno::inval);
}

Outcome<u64> DirectoryFile::seek(i64 offset, u32 whence) {
  Guard guard(lock_);
  position_ = TRY(directory_position(position_, offset, whence));
  return position_;
}

}  // namespace sgxx::enclave
