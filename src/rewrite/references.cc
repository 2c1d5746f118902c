// SPDX-License-Identifier: Apache-2.0
#include "rewrite/references.h"

#include <elf.h>

#include <algorithm>

namespace sgxx::rewrite {
namespace {

/// A set of addresses of one CodeView, a bit for each byte: asked once for nearly every byte of the program.
class AddressSet {
 public:
  explicit AddressSet(CodeView code) : begin_(code.begin), size_(code.bytes.size()), bits_(size_ / 64 + 1) {}

  void insert(VaddrRange range) {
    Vaddr end = std::min(range.end(), begin_ + size_);
    for (Vaddr at = std::max(range.begin, begin_); at < end; at = at + 1) bits_[(at - begin_) / 64] |= u64{1} << ((at - begin_) % 64);
  }
  bool contains(Vaddr address) const {
    u64 offset = address - begin_;
    return offset < size_ && (bits_[offset / 64] >> (offset % 64) & 1) != 0;
  }

 private:
  Vaddr begin_;
  u64 size_;
  std::vector<u64> bits_;
};

bool is_branch(u8 before_last, u8 last) { return last == 0xe8 || last == 0xe9 || (before_last == 0x0f && (last & 0xf0) == 0x80); }
bool is_near_lea(u8 before_last, u8 last) { return before_last == 0x8d && (last & 0xc7) == 0x05; }

void scan(CodeView code, std::span<const AddressSet> interesting, References& references) {
  if (code.bytes.size() < 5) return;
  const u8* bytes = code.bytes.data();
  u64 count = code.bytes.size() - 4;
  u8 before_last = 0, last = bytes[0];
  for (u64 i = 1; i <= count; ++i) {  // bytes[i] is the first of the distance
    bool branch = is_branch(before_last, last);
    if (branch || is_near_lea(before_last, last)) {
      i32 distance;
      std::memcpy(&distance, bytes + i, sizeof(distance));
      Vaddr target(code.begin.value + i + 4 + static_cast<u64>(i64{distance}));
      for (const AddressSet& set : interesting) {
        if (set.contains(target)) (branch ? references.branches : references.addresses).push_back(target);
      }
    }
    before_last = last;
    last = bytes[i];
  }
}

void sort_unique(std::vector<Vaddr>& addresses) {
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
}

}  // namespace

std::span<const Vaddr> References::within(const std::vector<Vaddr>& sorted, VaddrRange range) {
  auto first = std::lower_bound(sorted.begin(), sorted.end(), range.begin);
  auto last = std::lower_bound(first, sorted.end(), range.end());
  return {first, last};
}

References find_references(const elf::File& file, std::span<const CodeView> code, std::span<const VaddrRange> interesting) {
  std::vector<AddressSet> sets;
  for (CodeView view : code) {
    AddressSet& set = sets.emplace_back(view);
    for (VaddrRange range : interesting) set.insert(range);
  }
  References references;
  auto add_address = [&](Vaddr address) {
    if (std::any_of(sets.begin(), sets.end(), [&](const AddressSet& set) { return set.contains(address); })) {
      references.addresses.push_back(address);
    }
  };
  for (CodeView view : code) scan(view, sets, references);
  add_address(file.entry());
  if (file.dynamic()) {
    for (const elf::Relocation& relocation : file.dynamic()->relocations) {
      if (relocation.type != R_X86_64_NONE) add_address(Vaddr(static_cast<u64>(relocation.addend)));
    }
  }
  sort_unique(references.branches);
  sort_unique(references.addresses);
  return references;
}

}  // namespace sgxx::rewrite
