// SPDX-License-Identifier: Apache-2.0
//
// The dynamic section: which relocation tables there are and what is in them. It is read through the loaded segments, as the
// program's own start-up code will read it, not through sections.
#include <elf.h>
#include <fmt/format.h>

#include "elf/file.h"

#ifndef DT_RELR
#define DT_RELRSZ 35
#define DT_RELR 36
#endif

namespace sgxx::elf {
namespace {

Result<void> read_relocations(const File& file, u64 address, u64 size, std::string_view name,
                              std::vector<Relocation>& relocations) {
  if (size == 0) return {};
  auto table = file.bytes_at(Vaddr(address), size);
  if (!table || size % sizeof(Elf64_Rela) != 0) {
    return bad_input(fmt::format("the relocation table {} lies outside the loaded segments", name));
  }
  u64 count = size / sizeof(Elf64_Rela);
  relocations.reserve(relocations.size() + count);
  for (u64 i = 0; i < count; ++i) {
    auto entry = *read_at<Elf64_Rela>(*table, i * sizeof(Elf64_Rela));
    relocations.push_back({Vaddr(entry.r_offset), static_cast<u32>(ELF64_R_TYPE(entry.r_info)), entry.r_addend});
  }
  return {};
}

/// DT_RELR: an even word is a place, an odd one a bitmap of the 63 words after the last place (gABI, "Relative relocations").
/// The addend is what the file holds at the place. Ascending places keep a hostile table from growing without bound.
Result<void> read_relative_places(const File& file, u64 address, u64 size, std::vector<Relocation>& relocations) {
  auto table = file.bytes_at(Vaddr(address), size);
  if (!table || size % sizeof(u64) != 0) return bad_input("the relocation table DT_RELR lies outside the loaded segments");
  auto add = [&](u64 place) -> Result<void> {
    auto bytes = file.bytes_at(Vaddr(place), sizeof(u64));
    if (!bytes) return bad_input(fmt::format("relocation at {:#x} lies outside the loaded segments", place));
    relocations.push_back({Vaddr(place), R_X86_64_RELATIVE, static_cast<i64>(*read_at<u64>(*bytes, 0))});
    return {};
  };
  u64 next = 0;
  for (u64 offset = 0; offset < size; offset += sizeof(u64)) {
    u64 entry = *read_at<u64>(*table, offset);
    if ((entry & 1) == 0) {
      if (entry < next) return bad_input("the relocation table DT_RELR does not ascend");
      TRY(add(entry));
      next = entry + sizeof(u64);
    } else {
      for (u64 bit = 0; bit < 63; ++bit) {
        if ((entry >> (bit + 1) & 1) != 0) TRY(add(next + bit * sizeof(u64)));
      }
      auto advanced = checked_add(next, 63 * u64{sizeof(u64)});
      if (!advanced) return bad_input("the relocation table DT_RELR wraps around the address space");
      next = *advanced;
    }
  }
  return {};
}

}  // namespace

Result<Dynamic> read_dynamic(const File& file, VaddrRange range) {
  auto bytes = file.bytes_at(range.begin, range.length);
  if (!bytes) return bad_input("the dynamic section lies outside the loaded segments");
  Dynamic dynamic;
  u64 rela = 0, rela_size = 0, jump = 0, jump_size = 0, relr = 0, relr_size = 0;
  for (u64 offset = 0; auto entry = read_at<Elf64_Dyn>(*bytes, offset); offset += sizeof(Elf64_Dyn)) {
    if (entry->d_tag == DT_NULL) break;
    u64 value = entry->d_un.d_val;
    switch (entry->d_tag) {
      case DT_NEEDED: ++dynamic.needed; break;
      case DT_RELA: rela = value; break;
      case DT_RELASZ: rela_size = value; break;
      case DT_RELAENT:
        if (value != sizeof(Elf64_Rela)) return bad_input("relocations of an unknown size");
        break;
      case DT_JMPREL: jump = value; break;
      case DT_PLTRELSZ: jump_size = value; break;
      case DT_PLTREL:
      case DT_REL:
        if (entry->d_tag == DT_REL || value != DT_RELA) dynamic.encoding = Dynamic::Encoding::rel;
        break;
      case DT_RELR: relr = value; break;
      case DT_RELRSZ: relr_size = value; break;
      default: break;
    }
  }
  TRY(read_relocations(file, rela, rela_size, "DT_RELA", dynamic.relocations));
  TRY(read_relocations(file, jump, jump_size, "DT_JMPREL", dynamic.relocations));
  if (relr_size != 0) TRY(read_relative_places(file, relr, relr_size, dynamic.relocations));
  return dynamic;
}

}  // namespace sgxx::elf
