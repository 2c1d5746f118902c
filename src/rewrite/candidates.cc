// SPDX-License-Identifier: Apache-2.0
#include "rewrite/candidates.h"

namespace sgxx::rewrite {
namespace {

std::optional<SiteKind> kind_at(ByteView bytes) {
  if (bytes.size() < 2) return std::nullopt;
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
  for (u64 i = 0; i < code.bytes.size(); ++i) {
    u8 byte = code.bytes[i];
    if (byte != 0x0f && byte != 0xcd) continue;
    if (auto kind = kind_at(code.bytes.subspan(i))) candidates.push_back({code.begin + i, *kind});
  }
}

}  // namespace sgxx::rewrite
