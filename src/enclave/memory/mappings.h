// SPDX-License-Identifier: Apache-2.0
//
// brk, mmap, munmap, mprotect, mremap and madvise on the memory inside the enclave.
//
// The heap is backed from the start (EADD), so a mapping is real memory or ENOMEM. Rights other than read-write are page-table
// rights that the host is asked for: on an honest host a forbidden access faults as it should; a lying host can take away the
// fault, never grant what EPCM does not. Guards that do not depend on the host are pages that were never backed: those below the
// main stack and at the bottom of every thread-stack slot. What is handed out has been zeroed here: its former contents may be
// the host's.
#pragma once

#include "base/address.h"
#include "enclave/errno.h"

namespace sgxx::enclave {

/// Sets up the page map from the measured configuration and closes the heap. Boot calls it once.
void initialize_memory();

struct MapRequest {
  u64 address = 0;  // page-aligned when placement is fixed
  u64 length = 0;   // bytes
  u8 rights = 0;    // page::readable, page::writable
  enum class Placement : u8 { anywhere, fixed, fixed_free } placement = Placement::anywhere;
  enum class Purpose : u8 { data, stack } purpose = Purpose::data;
};

Outcome<u64> map_memory(const MapRequest& request);
Outcome<> unmap_memory(u64 address, u64 length);
Outcome<> protect_memory(u64 address, u64 length, u8 rights);
enum class MayMove : bool { no, yes };
Outcome<u64> remap_memory(u64 address, u64 old_length, u64 new_length, MayMove may_move);
/// MADV_DONTNEED: reads as zero afterwards; a thread stack keeps its bytes (nothing on a dead stack is ever read again).
Outcome<> forget_memory(u64 address, u64 length);
/// The new program break, or the old one when it cannot be moved.
u64 move_break(u64 address);

/// Heap pages that become the runtime's own (their bytes in the page map are 0), readable and writable, not zeroed; ENOMEM.
/// runtime_memory.h hands them out.
Outcome<u64> map_runtime_memory(u64 length);
void unmap_runtime_memory(u64 address, u64 length);

struct MemoryUse {
  u64 heap_pages;  // in all
  u64 used_pages;
};
MemoryUse memory_use();

}  // namespace sgxx::enclave
