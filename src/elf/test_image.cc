// SPDX-License-Identifier: Apache-2.0
#include "elf/test_image.h"

#include <elf.h>

namespace sgxx::elf::test {
namespace {

template <Crossable T>
void put(std::vector<u8>& image, u64 offset, const T& value) {
  if (image.size() < offset + sizeof(T)) image.resize(offset + sizeof(T));
  std::memcpy(image.data() + offset, &value, sizeof(T));
}

void put_bytes(std::vector<u8>& image, u64 offset, ByteView bytes) {
  if (image.size() < offset + bytes.size()) image.resize(offset + bytes.size());
  std::copy(bytes.begin(), bytes.end(), image.begin() + static_cast<std::ptrdiff_t>(offset));
}

u8 type_of(SymbolKind kind) {
  switch (kind) {
    case SymbolKind::object: return STT_OBJECT;
    case SymbolKind::function: return STT_FUNC;
    case SymbolKind::indirect_function: return STT_GNU_IFUNC;
    case SymbolKind::tls: return STT_TLS;
    default: return STT_NOTYPE;
  }
}

Elf64_Phdr load(u64 offset, u64 size, u32 flags) { return {PT_LOAD, flags, offset, offset, offset, size, size, kPageSize}; }

}  // namespace

std::vector<u8> make_image(const ImageSpec& spec) {
  std::vector<u8> image(place::dynamic);
  u64 relocation_offset = place::relocations;
  for (const Relocation& relocation : spec.relocations) {
    put(image, relocation_offset, Elf64_Rela{relocation.place.value, ELF64_R_INFO(0, relocation.type), relocation.addend});
    relocation_offset += sizeof(Elf64_Rela);
  }
  put_bytes(image, place::code, spec.code);
  put_bytes(image, place::constants, spec.constants);
  put_bytes(image, place::frames, spec.frames);

  Elf64_Dyn dynamic[] = {{DT_RELA, {place::relocations}},
                         {DT_RELASZ, {relocation_offset - place::relocations}},
                         {DT_RELAENT, {sizeof(Elf64_Rela)}},
                         {DT_FLAGS_1, {DF_1_PIE}},
                         {DT_NULL, {0}}};
  put_bytes(image, place::dynamic, {reinterpret_cast<const u8*>(dynamic), sizeof(dynamic)});
  u64 end_of_data = image.size();

  Elf64_Phdr headers[] = {
      load(0, 0x1000, PF_R),
      load(place::code, 0x1000, PF_R | PF_X),
      load(place::constants, 0x1000, PF_R),
      load(place::data, end_of_data - place::data, PF_R | PF_W),
      {PT_DYNAMIC, PF_R | PF_W, place::dynamic, place::dynamic, place::dynamic, sizeof(dynamic), sizeof(dynamic), 8},
      {PT_GNU_STACK, PF_R | PF_W, 0, 0, 0, 0, 0, 16},
      {PT_TLS, PF_R, place::data, place::data, place::data, 8, 16, 8},
      {PT_GNU_RELRO, PF_R, place::data, place::data, place::data, 0x800, 0x800, 1},
  };
  headers[3].p_memsz += 0x2000;
  put_bytes(image, place::headers, {reinterpret_cast<const u8*>(headers), sizeof(headers)});

  std::string strings(1, '\0');
  std::vector<Elf64_Sym> symbols(1);
  for (const SymbolSpec& symbol : spec.symbols) {
    Elf64_Sym entry{};
    entry.st_name = static_cast<u32>(strings.size());
    entry.st_info = static_cast<u8>(ELF64_ST_INFO(STB_GLOBAL, type_of(symbol.kind)));
    entry.st_shndx = 1;
    entry.st_value = symbol.value;
    entry.st_size = symbol.size;
    symbols.push_back(entry);
    strings += symbol.name + '\0';
  }
  std::string names = std::string("\0.text\0.eh_frame\0.symtab\0.strtab\0.shstrtab\0", 43);
  u64 symbols_offset = image.size();
  put_bytes(image, symbols_offset, {reinterpret_cast<const u8*>(symbols.data()), symbols.size() * sizeof(Elf64_Sym)});
  u64 strings_offset = image.size();
  put_bytes(image, strings_offset, {reinterpret_cast<const u8*>(strings.data()), strings.size()});
  u64 names_offset = image.size();
  put_bytes(image, names_offset, {reinterpret_cast<const u8*>(names.data()), names.size()});

  u64 sections_offset = align_up(image.size(), 8);
  Elf64_Shdr sections[] = {
      {},
      {1, SHT_PROGBITS, SHF_ALLOC | SHF_EXECINSTR, place::code, place::code, spec.code.size(), 0, 0, 16, 0},
      {7, SHT_PROGBITS, SHF_ALLOC, place::frames, place::frames, spec.frames.size(), 0, 0, 8, 0},
      {17, SHT_SYMTAB, 0, 0, symbols_offset, symbols.size() * sizeof(Elf64_Sym), 4, 1, 8, sizeof(Elf64_Sym)},
      {25, SHT_STRTAB, 0, 0, strings_offset, strings.size(), 0, 0, 1, 0},
      {33, SHT_STRTAB, 0, 0, names_offset, names.size(), 0, 0, 1, 0},
  };
  put_bytes(image, sections_offset, {reinterpret_cast<const u8*>(sections), sizeof(sections)});

  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_DYN;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_entry = place::code;
  header.e_phoff = place::headers;
  header.e_shoff = sections_offset;
  header.e_ehsize = sizeof(header);
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = sizeof(headers) / sizeof(headers[0]);
  header.e_shentsize = sizeof(Elf64_Shdr);
  header.e_shnum = 6;
  header.e_shstrndx = 5;
  put(image, 0, header);
  return image;
}

}  // namespace sgxx::elf::test
