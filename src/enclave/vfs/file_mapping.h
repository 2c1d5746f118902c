// SPDX-License-Identifier: Apache-2.0
//
// Files mapped into the program's memory. Pages of an enclave cannot be seen at two addresses, so a shared mapping does not show
// the file's pages: it becomes them. Its memory is the file's storage for as long as it is mapped, and read and write of the file
// go there; when it is unmapped, the pages stay with the file. Asking for a part of what is mapped already gives the same memory
// again. Only a mapping that overlaps another one in part, or that must lie at another address, cannot be made (ENODEV).
//
// A private mapping is a copy, made when it is mapped. Memory beyond the end of the file cannot be touched until the file grows.
#pragma once

#include "enclave/memory/mappings.h"
#include "enclave/vfs/inode.h"

namespace sgxx::enclave {

struct FileMapping {
  FileMapping* next;          // of all
  FileMapping* next_of_file;  // guarded by the inode's lock
  Inode* inode;               // with a reference
  u64 address;
  u64 first;  // index of the page of the file that comes first
  u64 pages;
  u8 rights;          // of those pages that the file has
  bool was_writable;  // some of it, at some time: so there may be more in it than anybody was told
  u32 count;          // how often the program has mapped it
  u64 end() const { return address + pages * kPageSize; }
  /// Where page `index` of the file lies, or 0.
  u64 address_of(u64 index) const { return index - first < pages ? address + (index - first) * kPageSize : 0; }
};

/// `request` says where and with which rights; `offset` is a multiple of the page size. ENODEV, ENOMEM.
Outcome<u64> map_shared(Inode& inode, const MapRequest& request, u64 offset);
Outcome<u64> map_private(Inode& inode, const MapRequest& request, u64 offset);
/// munmap, of whatever is mapped there.
Outcome<> unmap_range(u64 address, u64 length);
/// mprotect's new rights are those of pages that come later, too.
void note_rights(u64 address, u64 length, u8 rights);
/// mremap to a greater length of something shared: where it lies now. It moves when it must and may, and all of it was mapped
/// once and is asked for. ENOMEM, and everything is as it was.
Outcome<u64> extend_shared(u64 address, u64 old_length, u64 new_length, MayMove may_move);
bool is_shared_file(u64 address, u64 length);

}  // namespace sgxx::enclave
