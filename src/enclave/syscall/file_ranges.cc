// SPDX-License-Identifier: Apache-2.0
//
// Parts of files: room made and given back, bytes copied from one file to another, locks, advice.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/path_argument.h"
#include "enclave/syscall/table.h"
#include "enclave/vfs/record_lock.h"

namespace sgxx::enclave::syscall {

Outcome<u64> fallocate(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  const i64 offset = static_cast<i64>(frame.rdx), length = static_cast<i64>(frame.r10);
  if (offset < 0 || length <= 0) return fail(Errno::inval);
  if (!file->is_writable()) return fail(Errno::badf);
  if (offset > INT64_MAX - length) return fail(Errno::fbig);
  const u32 mode = static_cast<u32>(frame.rsi);
  TRY(visit(*file, [&](auto& kind) { return kind.reserve(mode, static_cast<u64>(offset), static_cast<u64>(length)); }));
  return u64{0};
}

Outcome<u64> flock(SyscallFrame& frame) {
  const FileReference file = TRY(file_of(frame.rdi));
  Inode* const inode = visit(*file, [](auto& kind) { return kind.inode(); });
  if (inode == nullptr) return fail(Errno::inval);
  return lock_file(*file, *inode, static_cast<u32>(frame.rsi));
}

// posix_fadvise: memory needs no advice.
Outcome<u64> fadvise64(SyscallFrame& frame) {
  constexpr u64 kMostAdvice = 5;
  const FileReference file = TRY(file_of(frame.rdi));
  if (file->kind() == FileKind::pipe_end) return fail(Errno::spipe);
  if (frame.r10 > kMostAdvice || static_cast<i64>(frame.rdx) < 0) return fail(Errno::inval);
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
