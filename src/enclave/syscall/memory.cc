// SPDX-License-Identifier: Apache-2.0
//
// brk, mmap and their relatives. Only anonymous memory exists; shared and private are the same where there is one process.
#include "enclave/memory/mappings.h"
#include "enclave/memory/page_map.h"
#include "enclave/syscall/table.h"

namespace sgxx::enclave::syscall {
namespace {

constexpr u64 kProtExec = 4;
constexpr u64 kMapShared = 1, kMapFixed = 0x10, kMapAnonymous = 0x20, kMapTypes = 0xf, kMapStack = 0x20000,
              kMapFixedNoReplace = 0x100000;
constexpr u64 kRemapMayMove = 1;
constexpr u64 kAdviseDontNeed = 4, kAdviseMost = 25;

/// PROT_* as rights of the page map: a writable page is readable.
u8 rights_of(u64 protection) {
  u8 rights = static_cast<u8>(protection & page::rights);
  if ((rights & page::writable) != 0) rights |= page::readable;
  return rights;
}

}  // namespace

Outcome<u64> brk(SyscallFrame& frame) { return move_break(frame.rdi); }

Outcome<u64> mmap(SyscallFrame& frame) {
  const u64 protection = frame.rdx;
  const u64 flags = frame.r10;
  if ((flags & kMapTypes) == 0 || (flags & kMapTypes) > kMapShared + 2) return fail(Errno::inval);
  if ((flags & kMapAnonymous) == 0) return fail(static_cast<i32>(frame.r8) < 0 ? Errno::badf : Errno::nodev);
  if ((protection & kProtExec) != 0) return fail(Errno::acces);
  MapRequest request{.address = frame.rdi, .length = frame.rsi, .rights = rights_of(protection)};
  if ((flags & kMapFixedNoReplace) != 0) {
    request.placement = MapRequest::Placement::fixed_free;
  } else if ((flags & kMapFixed) != 0) {
    request.placement = MapRequest::Placement::fixed;
  }
  if ((flags & kMapStack) != 0) request.purpose = MapRequest::Purpose::stack;
  return map_memory(request);
}

Outcome<u64> munmap(SyscallFrame& frame) {
  TRY(unmap_memory(frame.rdi, frame.rsi));
  return u64{0};
}

Outcome<u64> mprotect(SyscallFrame& frame) {
  TRY(protect_memory(frame.rdi, frame.rsi, rights_of(frame.rdx)));
  return u64{0};
}

Outcome<u64> mremap(SyscallFrame& frame) {
  if ((frame.r10 & ~kRemapMayMove) != 0) return fail(Errno::inval);
  return remap_memory(frame.rdi, frame.rsi, frame.rdx, (frame.r10 & kRemapMayMove) != 0 ? MayMove::yes : MayMove::no);
}

Outcome<u64> madvise(SyscallFrame& frame) {
  if (!is_aligned(frame.rdi, kPageSize) || frame.rdx > kAdviseMost) return fail(Errno::inval);
  if (frame.rdx == kAdviseDontNeed) TRY(forget_memory(frame.rdi, frame.rsi));
  return u64{0};
}

// msync, mlock, munlock: nothing to do for memory that never leaves; the range must exist.
Outcome<u64> mapped_range(SyscallFrame& frame) {
  const u64 begin = align_down(frame.rdi, kPageSize);
  const auto length = checked_add(frame.rsi, frame.rdi - begin);
  if (!length || !page_map().covers(begin, *length)) return fail(Errno::nomem);
  return u64{0};
}

}  // namespace sgxx::enclave::syscall
