// SPDX-License-Identifier: Apache-2.0
//
// brk, mmap and their relatives. Shared and private anonymous memory are the same where there is one process.
#include "enclave/file/descriptors.h"
#include "enclave/file/kinds.h"
#include "enclave/memory/mappings.h"
#include "enclave/memory/page_map.h"
#include "enclave/program_memory.h"
#include "enclave/syscall/table.h"
#include "enclave/vfs/file_mapping.h"
#include "enclave/vfs/seal.h"
#include "enclave/volume/mounted_volume.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kProtExec = 4;
constexpr u64 kMapShared = 1, kMapPrivate = 2, kMapFixed = 0x10, kMapAnonymous = 0x20, kMapTypes = 0xf, kMapStack = 0x20000,
              kMapFixedNoReplace = 0x100000;
constexpr u64 kRemapMayMove = 1;
constexpr u64 kAdviseDontNeed = 4, kAdviseMost = 25;

/// PROT_* as rights of the page map: a writable page is readable.
u8 rights_of(u64 protection) {
  u8 rights = static_cast<u8>(protection & page::rights);
  if ((rights & page::writable) != 0) rights |= page::readable;
  return rights;
}

Outcome<u64> map_file(u64 descriptor, const MapRequest& request, u64 offset, bool shared) {
  const FileReference file = TRY(file_of(descriptor));
  if (request.length == 0 || !is_aligned(offset, kPageSize)) return fail(Errno::inval);
  if (offset > kLargestFile || request.length > kLargestFile) return fail(Errno::overflow);
  Inode* const inode = visit(*file, [](auto& kind) { return kind.inode(); });
  if (!file->is_readable()) return fail(Errno::acces);
  const bool writable = (request.rights & page::writable) != 0;
  if (shared && writable && !file->is_writable()) return fail(Errno::acces);
  if (file->kind() == FileKind::device && inode->synthetic == synthetic::zero) return map_memory(request);
  if (file->kind() == FileKind::folder_file) {
    // A copy cannot be told from a shared mapping only where nothing changes.
    if (shared && !inode->mount->read_only) return fail(Errno::nodev);
    return static_cast<FolderFile&>(*file).map(request, offset);
  }
  if (file->kind() != FileKind::memory) return fail(Errno::nodev);
  if (shared && writable && (inode->seals & (seal::write | seal::future_write)) != 0) return fail(Errno::perm);
  return shared ? map_shared(*inode, request, offset) : map_private(*inode, request, offset);
}

Outcome<u64> remap_shared(u64 address, u64 raw_old, u64 raw_new, MayMove may_move) {
  const auto old_length = checked_align_up(raw_old, kPageSize), new_length = checked_align_up(raw_new, kPageSize);
  if (!is_aligned(address, kPageSize) || !old_length || !new_length || *old_length == 0 || *new_length == 0)
    return fail(Errno::inval);
  if (*new_length < *old_length) TRY(unmap_range(address + *new_length, *old_length - *new_length));
  return *new_length > *old_length ? extend_shared(address, *old_length, *new_length, may_move) : Outcome<u64>{address};
}

}  // namespace

Outcome<u64> brk(SyscallFrame& frame) { return move_break(frame.rdi); }

Outcome<u64> mmap(SyscallFrame& frame) {
  const u64 protection = frame.rdx;
  const u64 flags = frame.r10;
  if ((flags & kMapTypes) == 0 || (flags & kMapTypes) > kMapShared + 2) return fail(Errno::inval);
  if ((protection & kProtExec) != 0) return fail(Errno::acces);
  MapRequest request{.address = frame.rdi, .length = frame.rsi, .rights = rights_of(protection)};
  if ((flags & kMapFixedNoReplace) != 0) {
    request.placement = MapRequest::Placement::fixed_free;
  } else if ((flags & kMapFixed) != 0) {
    request.placement = MapRequest::Placement::fixed;
  }
  if ((flags & kMapStack) != 0) request.purpose = MapRequest::Purpose::stack;
  if (request.placement == MapRequest::Placement::fixed && is_shared_file(request.address, request.length)) {
    TRY(unmap_range(request.address, request.length));
  }
  const bool shared = (flags & kMapTypes) != kMapPrivate;
  if ((flags & kMapAnonymous) == 0) return map_file(frame.r8, request, frame.r9, shared);
  return map_memory(request);
}

Outcome<u64> munmap(SyscallFrame& frame) {
  if (!check_range(frame.rdi, frame.rsi).ok()) return fail(Errno::inval);
  TRY(unmap_range(frame.rdi, frame.rsi));
  return u64{0};
}

Outcome<u64> mprotect(SyscallFrame& frame) {
  constexpr u64 kSemaphores = 8, kGrowsDown = 0x1000000, kGrowsUp = 0x2000000;  // PROT_*
  constexpr u64 kKnown = page::rights | kSemaphores | kGrowsDown | kGrowsUp;
  if ((static_cast<u32>(frame.rdx) & ~kKnown) != 0) return fail(Errno::inval);
  TRY(protect_memory(frame.rdi, frame.rsi, rights_of(frame.rdx)));
  note_rights(frame.rdi, frame.rsi, rights_of(frame.rdx));
  return u64{0};
}

Outcome<u64> mremap(SyscallFrame& frame) {
  if ((frame.r10 & ~kRemapMayMove) != 0) return fail(Errno::inval);
  const MayMove may_move = (frame.r10 & kRemapMayMove) != 0 ? MayMove::yes : MayMove::no;
  if (is_shared_file(frame.rdi, frame.rsi)) return remap_shared(frame.rdi, frame.rsi, frame.rdx, may_move);
  return remap_memory(frame.rdi, frame.rsi, frame.rdx, may_move);
}

Outcome<u64> madvise(SyscallFrame& frame) {
  if (!is_aligned(frame.rdi, kPageSize) || frame.rdx > kAdviseMost) return fail(Errno::inval);
  const auto length = checked_align_up(frame.rsi, kPageSize);
  if (!length || !checked_add(frame.rdi, *length)) return fail(Errno::inval);
  if (!page_map().is_mapped(frame.rdi, *length)) return fail(Errno::nomem);
  // The pages of a file that is mapped are the file.
  if (frame.rdx == kAdviseDontNeed && !is_shared_file(frame.rdi, frame.rsi)) TRY(forget_memory(frame.rdi, frame.rsi));
  return u64{0};
}

// mlock, munlock: nothing to do for memory that never leaves; the range must exist.
Outcome<u64> mapped_range(SyscallFrame& frame) {
  const u64 begin = align_down(frame.rdi, kPageSize);
  const auto length = checked_add(frame.rsi, frame.rdi - begin);
  if (!length || !page_map().is_mapped(begin, *length)) return fail(Errno::nomem);
  return u64{0};
}

Outcome<u64> mlock2(SyscallFrame& frame) {
  constexpr u64 kOnFault = 1;
  if ((static_cast<u32>(frame.rdx) & ~kOnFault) != 0) return fail(Errno::inval);
  return mapped_range(frame);
}

Outcome<u64> mlockall(SyscallFrame& frame) {
  constexpr u32 kCurrent = 1, kFuture = 2, kOnFault = 4;
  const u32 flags = static_cast<u32>(frame.rdi);
  if ((flags & ~(kCurrent | kFuture | kOnFault)) != 0 || (flags & (kCurrent | kFuture)) == 0) return fail(Errno::inval);
  return u64{0};
}

Outcome<u64> munlockall(SyscallFrame&) { return u64{0}; }

// Memory that is mapped is there.
Outcome<u64> mincore(SyscallFrame& frame) {
  if (!is_aligned(frame.rdi, kPageSize)) return fail(Errno::inval);
  const auto length = checked_align_up(frame.rsi, kPageSize);
  if (!length || !checked_add(frame.rdi, *length)) return fail(Errno::nomem);
  TRY(check_range(frame.rdx, *length / kPageSize));
  for (u64 at = 0; at < *length; at += kPageSize) {
    if (!page_map().is_mapped(frame.rdi + at, kPageSize)) return fail(Errno::nomem);
    TRY(store(frame.rdx + at / kPageSize, u8{1}));
  }
  return u64{0};
}

// What is mapped of a file is the file, so that there is something to do in an encrypted volume alone.
Outcome<u64> msync(SyscallFrame& frame) {
  constexpr u64 kAsynchronous = 1, kInvalidate = 2, kSynchronous = 4;
  const u64 flags = static_cast<u32>(frame.rdx);
  if ((flags & ~(kAsynchronous | kInvalidate | kSynchronous)) != 0) return fail(Errno::inval);
  if ((flags & kAsynchronous) != 0 && (flags & kSynchronous) != 0) return fail(Errno::inval);
  if (!is_aligned(frame.rdi, kPageSize)) return fail(Errno::inval);
  TRY(mapped_range(frame));
  if ((flags & kSynchronous) != 0 && is_shared_file(frame.rdi, frame.rsi)) TRY(commit_all_volumes());
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
