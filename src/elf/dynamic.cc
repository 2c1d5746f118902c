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

Result<void> read_relocations(const File& file, u64 address, u64 size, std::string_view name, std::vector<Relocation>& relocations) {
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

}  // namespace

Result<Dynamic> read_dynamic(const File& file, VaddrRange range) {
  auto bytes = file.bytes_at(range.begin, range.length);
  if (!bytes) return bad_input("the dynamic section lies outside the loaded segments");
  Dynamic dynamic;
  u64 rela = 0, rela_size = 0, jump = 0, jump_size = 0, relr_size = 0;
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
      case DT_RELRSZ: relr_size = value; break;
      default: break;
    }
  }
  TRY(read_relocations(file, rela, rela_size, "DT_RELA", dynamic.relocations));
  TRY(read_relocations(file, jump, jump_size, "DT_JMPREL", dynamic.relocations));
  if (relr_size != 0) dynamic.encoding = Dynamic::Encoding::relr;
  return dynamic;
}

}  // namespace sgxx::elf
