// SPDX-License-Identifier: Apache-2.0
#include "host/cpuid_table.h"

#include <cpuid.h>

namespace sgxx::host {

u32 read_cpuid_table(std::span<abi::CpuidEntry> entries) {
  u32 count = 0;
  const auto add = [&](u32 leaf, u32 subleaf) {
    abi::CpuidEntry entry{leaf, subleaf, 0, 0, 0, 0};
    __cpuid_count(leaf, subleaf, entry.eax, entry.ebx, entry.ecx, entry.edx);
    if (count < entries.size()) entries[count++] = entry;
    return entry;
  };
  const u32 basic = add(0, 0).eax;
  for (u32 leaf : {1u, 2u, 5u, 6u, 0xau, 0x15u, 0x16u, 0x1au}) {
    if (leaf <= basic) add(leaf, 0);
  }
  if (basic >= 4) {
    // Deterministic cache parameters end with a cache of type 0.
    for (u32 subleaf = 0; subleaf < 8; ++subleaf) {
      if ((add(4, subleaf).eax & 0x1f) == 0) break;
    }
  }
  if (basic >= 7) {
    const u32 last = add(7, 0).eax;
    for (u32 subleaf = 1; subleaf <= last && subleaf <= 2; ++subleaf) add(7, subleaf);
  }
  for (u32 leaf : {0xbu, 0x1fu}) {
    if (leaf > basic) continue;
    for (u32 subleaf = 0; subleaf < 4; ++subleaf) {
      if ((add(leaf, subleaf).ecx & 0xff00) == 0) break;
    }
  }
  if (basic >= 0xd) {
    for (u32 subleaf = 0; subleaf < 20; ++subleaf) add(0xd, subleaf);
  }
  const u32 extended = add(0x80000000, 0).eax;
  for (u32 leaf = 0x80000001; leaf <= extended && leaf <= 0x80000008; ++leaf) add(leaf, 0);
  return count;
}

}  // namespace sgxx::host
