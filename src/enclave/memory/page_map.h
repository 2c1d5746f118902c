// SPDX-License-Identifier: Apache-2.0
//
// PageMap: one byte for each page of ELRANGE, the runtime's truth about who may use it. It answers every check of a program
// address, and mappings.cc finds free memory in it. A byte a page is the simplest thing that is fast enough: marking 64 MiB
// takes a microsecond. Readers take no lock: a byte is read whole, and a page that changes hands during a copy faults into the
// copy routine's fixup at worst.
#pragma once

#include "base/checked.h"

namespace sgxx::enclave {

/// Bits of a page's byte. 0: not backed, or the runtime's own.
namespace page {
inline constexpr u8 readable = 1, writable = 2, executable = 4;  // what the program may do: Permission::bits
inline constexpr u8 rights = 7;
inline constexpr u8 used = 8;        // handed out to the program
inline constexpr u8 heap = 16;       // belongs to the heap: mmap and brk may hand it out
inline constexpr u8 slot = 32;       // belongs to a thread-stack slot
inline constexpr u8 ready = 64;      // reads as zero or as the program left it: nothing older shows
inline constexpr u8 accepted = 128;  // is there; once it is, it stays. Without dynamic memory all pages are, from the start

/// Heap pages are never executable. There that bit says that the page is closed because a mapped file ends before it.
constexpr bool is_behind_file(u8 byte) { return (byte & (heap | executable)) == (heap | executable); }
/// What the program may do with a page.
constexpr u8 rights_in(u8 byte) { return is_behind_file(byte) ? u8{0} : static_cast<u8>(byte & rights); }
}  // namespace page

class PageMap {
 public:
  /// `bytes`: one for each of `pages` pages from `base`, in memory that only the runtime writes.
  void initialize(u8* bytes, u64 base, u64 pages) {
    bytes_ = bytes;
    base_ = base;
    pages_ = pages;
  }

  /// True when every page of [address, address + length), length > 0, lies in ELRANGE and has all of `rights`.
  bool allows(u64 address, u64 length, u8 rights) const;
  /// True when every page of [address, address + length) is one of the program's, with whatever rights.
  bool is_mapped(u64 address, u64 length) const;
  /// True when [address, address + length) is inside ELRANGE.
  bool covers(u64 address, u64 length) const;

  u8& at(u64 address) { return bytes_[(address - base_) / kPageSize]; }
  u8 at(u64 address) const { return bytes_[(address - base_) / kPageSize]; }

  /// Sets whole pages.
  void fill(u64 address, u64 length, u8 value);
  /// The same, but `accepted` stays as it is.
  void mark(u64 address, u64 length, u8 value);

 private:
  u8* bytes_ = nullptr;
  u64 base_ = 0;
  u64 pages_ = 0;
};

PageMap& page_map();

}  // namespace sgxx::enclave
