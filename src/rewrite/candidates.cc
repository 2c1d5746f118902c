// SPDX-License-Identifier: Apache-2.0
#include "rewrite/candidates.h"

#include <emmintrin.h>

namespace sgxx::rewrite {
namespace {

std::optional<SiteKind> kind_at(ByteView bytes) {
  if (bytes.size() < 2 || (bytes[0] != 0x0f && bytes[0] != 0xcd)) return std::nullopt;
  if (bytes[0] == 0xcd) return bytes[1] == 0x80 ? std::optional(SiteKind::int80) : std::nullopt;
  switch (bytes[1]) {
    case 0x05: return SiteKind::syscall;
    case 0x31: return SiteKind::rdtsc;
    case 0x34: return SiteKind::sysenter;
    case 0xa2: return SiteKind::cpuid;
    case 0x01:
      if (bytes.size() < 3) return std::nullopt;
      if (bytes[2] == 0xd0) return SiteKind::xgetbv;
      if (bytes[2] == 0xf9) return SiteKind::rdtscp;
      return std::nullopt;
    default: return std::nullopt;
  }
}

}  // namespace

std::vector<CodeView> executable_code(const elf::File& file) {
  std::vector<CodeView> views;
  for (const elf::Segment& segment : file.segments()) {
    if (segment.permission.executable()) views.push_back({segment.memory.begin, file.bytes_of(segment)});
  }
  return views;
}

void find_candidates(CodeView code, std::vector<Candidate>& candidates) {
  const u8* bytes = code.bytes.data();
  auto look = [&](u64 i) {
    if (auto kind = kind_at(code.bytes.subspan(i))) candidates.push_back({code.begin + i, *kind});
  };
  constexpr u64 kStep = 16;
  u64 i = 0;
  for (; i + kStep + 1 <= code.bytes.size(); i += kStep) {
    __m128i first = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i));
    __m128i second = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes + i + 1));
    auto is = [](__m128i block, int byte) { return _mm_cmpeq_epi8(block, _mm_set1_epi8(static_cast<char>(byte))); };
    __m128i any =
        _mm_or_si128(_mm_or_si128(is(second, 0x05), is(second, 0x31)), _mm_or_si128(is(second, 0x34), is(second, 0xa2)));
    any = _mm_and_si128(_mm_or_si128(any, is(second, 0x01)), is(first, 0x0f));
    any = _mm_or_si128(any, _mm_and_si128(is(first, 0xcd), is(second, 0x80)));
    for (auto found = static_cast<unsigned>(_mm_movemask_epi8(any)); found != 0; found &= found - 1) {
      look(i + static_cast<u64>(__builtin_ctz(found)));
    }
  }
  for (; i < code.bytes.size(); ++i) look(i);
}

}  // namespace sgxx::rewrite
