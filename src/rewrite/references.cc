// SPDX-License-Identifier: Apache-2.0
#include "rewrite/references.h"

#include <elf.h>
#include <emmintrin.h>

#include <algorithm>

#include "rewrite/instruction.h"

namespace sgxx::rewrite {
namespace {

/// A set of addresses of one CodeView, a bit for each byte: asked once for nearly every byte of the program.
class AddressSet {
 public:
  explicit AddressSet(CodeView code) : begin_(code.begin), size_(code.bytes.size()), bits_(size_ / 64 + 1) {}

  void insert(VaddrRange range) {
    Vaddr end = std::min(range.end(), begin_ + size_);
    for (Vaddr at = std::max(range.begin, begin_); at < end; at = at + 1)
      bits_[(at - begin_) / 64] |= u64{1} << ((at - begin_) % 64);
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

/// A 32-bit distance at `field` that leads to `target`, if what stands before it is the opcode that it looks like.
struct Hit {
  Vaddr field;
  Vaddr target;
  enum class Form : bool { branch, lea } form;
};

/// Looks at the two bytes before each position of `code` for call and jump (e8, e9, 0f 80 to 0f 8f) and lea (8d, ModRM mod 0 rm
/// 5), 16 positions at a time.
void scan(CodeView code, std::span<const AddressSet> interesting, std::vector<Hit>& hits) {
  const u8* bytes = code.bytes.data();
  auto look = [&](u64 field) {
    u8 last = bytes[field - 1], before_last = bytes[field - 2];
    i32 distance;
    std::memcpy(&distance, bytes + field, sizeof(distance));
    Vaddr target(code.begin.value + field + 4 + static_cast<u64>(i64{distance}));
    for (const AddressSet& set : interesting) {
      if (!set.contains(target)) continue;
      bool lea = before_last == 0x8d && (last & 0xc7) == 0x05;
      hits.push_back({code.begin + field, target, lea ? Hit::Form::lea : Hit::Form::branch});
    }
  };
  auto all = [](int byte) { return _mm_set1_epi8(static_cast<char>(byte)); };
  auto equal = [&](__m128i bits, int mask, int value) { return _mm_cmpeq_epi8(_mm_and_si128(bits, all(mask)), all(value)); };
  constexpr u64 kStep = 16;
  u64 field = 2;
  for (; field + kStep + 4 <= code.bytes.size(); field += kStep) {
    __m128i last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + field - 1));
    __m128i before_last = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + field - 2));
    __m128i near = equal(last, 0xfe, 0xe8);
    __m128i conditional = _mm_and_si128(equal(before_last, 0xff, 0x0f), equal(last, 0xf0, 0x80));
    __m128i lea = _mm_and_si128(equal(before_last, 0xff, 0x8d), equal(last, 0xc7, 0x05));
    auto found = static_cast<unsigned>(_mm_movemask_epi8(_mm_or_si128(near, _mm_or_si128(conditional, lea))));
    for (; found != 0; found &= found - 1) look(field + static_cast<u64>(__builtin_ctz(found)));
  }
  for (; field + 4 <= code.bytes.size(); ++field) look(field);  // the last few: whatever stands before
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

bool may_refer(const CodeMap& map, CodeView code, Vaddr field, Vaddr target) {
  constexpr u64 kMaxSweep = 1 << 16;
  auto function = map.function_at(field);
  if (!function || !code.range().contains(*function)) return true;
  if (function->contains(target)) return true;  // its own analysis sees to it
  auto starts = map.starts_in({function->begin, field - function->begin});
  if (starts.empty()) return true;  // headers that contradict the symbols
  Vaddr at = starts.back();
  if (field - at > kMaxSweep) return true;
  while (at < field) {
    Instruction instruction = decode(code.from(at), at);
    Vaddr end = at + std::max<u64>(instruction.length, 1);
    if (end > field)
      return instruction.target == target && (instruction.is_direct_branch() || instruction.refers_to_memory_near());
    at = end;
  }
  return false;
}

References find_references(const elf::File& file, const std::vector<elf::Frame>& frames, const CodeMap& map,
                           std::span<const CodeView> code, std::span<const VaddrRange> interesting) {
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
  for (CodeView view : code) {
    std::vector<Hit> hits;
    scan(view, sets, hits);
    for (const Hit& hit : hits) {
      // Most are calls of functions, which are targets anyway.
      if (!map.is_start(hit.target) && !may_refer(map, view, hit.field, hit.target)) continue;
      (hit.form == Hit::Form::branch ? references.branches : references.addresses).push_back(hit.target);
    }
  }
  add_address(file.entry());
  if (file.dynamic()) {
    for (const elf::Relocation& relocation : file.dynamic()->relocations) {
      if (relocation.type != R_X86_64_NONE) add_address(Vaddr(static_cast<u64>(relocation.addend)));
    }
  }
  // A function's exception table may send the unwinder into its cold part, which is another function here, and the other way.
  for (const elf::Frame& frame : frames) {
    auto pads = read_landing_pads(file, frame);
    if (!pads.ok()) continue;  // the function itself will not be touched
    for (Vaddr pad : *pads) add_address(pad);
  }
  sort_unique(references.branches);
  sort_unique(references.addresses);
  return references;
}

}  // namespace sgxx::rewrite
