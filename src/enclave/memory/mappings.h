// SPDX-License-Identifier: Apache-2.0
//
// brk, mmap, munmap, mprotect, mremap and madvise on the memory inside the enclave.
//
// A mapping is real memory or ENOMEM. With dynamic memory a page is accepted (EACCEPT) before it is first handed out, and stays;
// stacks are accepted as they grow, by the exception handler. `page::accepted` says which pages are there: none is accepted
// twice, so one that the host removes and adds again faults instead of reading as zero. Without dynamic memory all pages are
// there from the start (EADD), with the host's contents.
//
// Rights other than read-write are page-table rights that the host is asked for: on an honest host a forbidden access faults as
// it should; a lying host can take away the fault, never grant what EPCM does not. Guards that do not depend on the host are
// pages that are never there: those below the main stack and at the bottom of every thread-stack slot. What is handed out is
// zero: pages are added zeroed, and what was used or was the host's is zeroed here.
#pragma once

#include "base/address.h"
#include "enclave/errno.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

/// Sets up the page map from the measured configuration and closes the heap (dynamic memory is closed until it is accepted). Boot
/// calls it once.
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
/// Closes pages of a mapped file that the file does not reach: touching them is SIGBUS.
Outcome<> close_behind_file(u64 address, u64 length);
/// Makes pages present that the program may use and that nobody has touched so far. Any range that the program may access.
void accept_memory(u64 address, u64 length);
/// After a page fault at `address`: true when the page is there now, and the access is to be tried again.
bool memory_arrived(ThreadBlock& thread, u64 address);

enum class MayMove : bool { no, yes };
Outcome<u64> remap_memory(u64 address, u64 old_length, u64 new_length, MayMove may_move);
/// MADV_DONTNEED: reads as zero afterwards; a thread stack keeps its bytes (nothing on a dead stack is ever read again).
Outcome<> forget_memory(u64 address, u64 length);
/// The new program break, or the old one when it cannot be moved.
u64 move_break(u64 address);

/// Heap pages that become the runtime's own (no bit in the page map but `accepted`), readable and writable, not zeroed; ENOMEM.
/// runtime_memory.h hands them out.
Outcome<u64> map_runtime_memory(u64 length);
void unmap_runtime_memory(u64 address, u64 length);
/// Pages that the program had mapped become the runtime's own as they are, as if map_runtime_memory had handed them out.
void keep_for_runtime(u64 address, u64 length);

struct MemoryUse {
  u64 heap_pages;  // in all
  u64 used_pages;
};
MemoryUse memory_use();

}  // namespace sgxx::enclave
