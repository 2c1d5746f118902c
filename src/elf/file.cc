// SPDX-License-Identifier: Apache-2.0
#include "elf/file.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

namespace sgxx::elf {

struct ProgramHeader : Elf64_Phdr {};

namespace {

// A program has a dozen of them; the bound keeps hostile files from costing time.
constexpr u16 kMaxProgramHeaders = 128;

const char* machine_name(u16 machine) {
  switch (machine) {
    case EM_386: return "i386: compile without -m32";
    case EM_AARCH64: return "AArch64";
    case EM_ARM: return "ARM";
    case EM_RISCV: return "RISC-V";
    case EM_PPC64: return "PowerPC 64";
    case EM_S390: return "S/390";
    default: return "unknown to sgxx";
  }
}

Result<Elf64_Ehdr> read_header(ByteView bytes) {
  if (bytes.size() < SELFMAG || std::memcmp(bytes.data(), ELFMAG, SELFMAG) != 0) {
    return bad_input("not an ELF file: expected a program linked with g++ -static-pie");
  }
  if (bytes.size() < EI_NIDENT + 4) return bad_input("truncated: the file ends within the ELF header");
  u8 file_class = bytes[EI_CLASS];
  u8 encoding = bytes[EI_DATA];
  u16 machine = *read_at<u16>(bytes, EI_NIDENT + 2);
  if (encoding != ELFDATA2LSB) return bad_input("big-endian ELF: expected a little-endian x86-64 program");
  if (machine != EM_X86_64) {
    return bad_input(fmt::format("wrong machine {} ({}): expected x86-64", machine, machine_name(machine)));
  }
  if (file_class != ELFCLASS64) return bad_input("32-bit ELF (x32): expected 64-bit x86-64, compile without -mx32");
  auto header = read_at<Elf64_Ehdr>(bytes, 0);
  if (!header) return bad_input("truncated: the file ends within the ELF header");
  if (bytes[EI_VERSION] != EV_CURRENT || header->e_version != EV_CURRENT) {
    return bad_input(fmt::format("unknown ELF version {}: expected 1", header->e_version));
  }
  switch (header->e_type) {
    case ET_EXEC:
    case ET_DYN: break;
    case ET_REL: return bad_input("an object file (.o), not a program: link it with g++ -static-pie");
    case ET_CORE: return bad_input("a core dump, not a program");
    default: return bad_input(fmt::format("unknown ELF type {}: expected a program", header->e_type));
  }
  return *header;
}

/// A NUL-terminated string that lies within `table`.
std::optional<std::string_view> string_at(ByteView table, u64 offset) {
  if (offset >= table.size()) return std::nullopt;
  auto rest = table.subspan(offset);
  const void* end = std::memchr(rest.data(), 0, rest.size());
  if (end == nullptr) return std::nullopt;
  return std::string_view(reinterpret_cast<const char*>(rest.data()),
                          static_cast<std::size_t>(static_cast<const u8*>(end) - rest.data()));
}

SymbolKind kind_of(u8 info) {
  switch (ELF64_ST_TYPE(info)) {
    case STT_NOTYPE: return SymbolKind::notype;
    case STT_OBJECT:
    case STT_COMMON: return SymbolKind::object;
    case STT_FUNC: return SymbolKind::function;
    case STT_GNU_IFUNC: return SymbolKind::indirect_function;
    case STT_TLS: return SymbolKind::tls;
    default: return SymbolKind::other;
  }
}

}  // namespace

Result<File> File::parse(ByteView bytes) {
  auto header = TRY(read_header(bytes));
  File file;
  file.bytes_ = bytes;
  file.type_ = header.e_type;
  file.entry_ = Vaddr(header.e_entry);
  file.program_headers_offset_ = header.e_phoff;
  file.program_header_count_ = header.e_phnum;
  file.program_header_size_ = header.e_phentsize;
  file.section_headers_offset_ = header.e_shoff;
  file.section_count_ = header.e_shnum;
  file.section_names_index_ = header.e_shstrndx;
  if (header.e_shnum != 0 && header.e_shentsize != sizeof(Elf64_Shdr)) {
    return bad_input(fmt::format("section headers of {} bytes: expected {}", header.e_shentsize, sizeof(Elf64_Shdr)));
  }
  TRY(file.read_program_headers());
  TRY(file.read_sections());
  TRY(file.read_symbols());
  if (file.dynamic_range_) file.dynamic_ = TRY(read_dynamic(file, *file.dynamic_range_));
  return file;
}

Result<void> File::read_program_headers() {
  if (program_header_count_ == 0) return bad_input("no program headers: expected a linked program");
  if (program_header_size_ != sizeof(Elf64_Phdr)) {
    return bad_input(fmt::format("program headers of {} bytes: expected {}", program_header_size_, sizeof(Elf64_Phdr)));
  }
  if (program_header_count_ > kMaxProgramHeaders) {
    return bad_input(fmt::format("{} program headers: expected at most {}", program_header_count_, kMaxProgramHeaders));
  }
  u64 table_size = u64{program_header_count_} * sizeof(Elf64_Phdr);
  auto table = slice(bytes_, program_headers_offset_, table_size);
  if (!table) return bad_input("truncated: the program headers lie beyond the end of the file");

  for (u64 i = 0; i < program_header_count_; ++i) {
    ProgramHeader header{*read_at<Elf64_Phdr>(*table, i * sizeof(Elf64_Phdr))};
    VaddrRange memory{Vaddr(header.p_vaddr), header.p_memsz};
    bool wraps = !checked_add(u64{header.p_vaddr}, u64{header.p_memsz});
    switch (header.p_type) {
      case PT_LOAD: TRY(add_segment(header)); break;
      case PT_INTERP: {
        auto path = slice(bytes_, header.p_offset, header.p_filesz);
        interpreter_ = path ? string_at(*path, 0).value_or("") : "";
        break;
      }
      case PT_DYNAMIC:
        if (wraps) return bad_input("hostile program header: PT_DYNAMIC wraps around the address space");
        dynamic_range_ = memory;
        break;
      case PT_TLS:
        if (wraps || header.p_filesz > header.p_memsz || (header.p_align > 1 && !is_power_of_two(header.p_align))) {
          return bad_input("hostile program header: impossible PT_TLS");
        }
        tls_ = Tls{memory, header.p_filesz, std::max<u64>(header.p_align, 1)};
        break;
      case PT_GNU_RELRO:
        if (wraps) return bad_input("hostile program header: PT_GNU_RELRO wraps around the address space");
        relro_ = memory;
        break;
      case PT_GNU_STACK: stack_ = (header.p_flags & PF_X) != 0 ? StackRequest::executable : StackRequest::not_executable; break;
      default: break;
    }
  }
  if (segments_.empty()) return bad_input("no loadable segment: expected a linked program");

  Vaddr begin(align_down(segments_.front().memory.begin.value, kPageSize));
  Vaddr end(align_up(segments_.back().memory.end().value, kPageSize));
  span_ = {begin, end - begin};
  if (span_.length > kMaxImageSpan) {
    return bad_input(fmt::format("segments span {:#x} bytes: an enclave holds at most {:#x}", span_.length, kMaxImageSpan));
  }
  for (auto [range, name] :
       {std::pair{dynamic_range_, "PT_DYNAMIC"}, std::pair{relro_, "PT_GNU_RELRO"},
        std::pair{tls_ ? std::optional(VaddrRange{tls_->memory.begin, tls_->file_size}) : std::nullopt, "PT_TLS"}}) {
    if (range && !range->empty() && !span_.contains(*range)) {
      return bad_input(fmt::format("hostile program header: {} lies outside the loaded segments", name));
    }
  }
  for (const Segment& segment : segments_) {
    if (fits(program_headers_offset_ - segment.file_offset.value, table_size, segment.file_size) &&
        program_headers_offset_ >= segment.file_offset.value) {
      program_headers_address_ = segment.memory.begin + (program_headers_offset_ - segment.file_offset.value);
    }
  }
  return {};
}

Result<void> File::add_segment(const ProgramHeader& header) {
  auto hostile = [&](std::string_view what) {
    return bad_input(fmt::format("hostile program header: segment at {:#x} {}", header.p_vaddr, what));
  };
  if (header.p_filesz > header.p_memsz) return hostile("has more bytes in the file than in memory");
  if (!fits(header.p_offset, header.p_filesz, bytes_.size())) {
    return bad_input(fmt::format("truncated: segment at {:#x} lies beyond the end of the file", header.p_vaddr));
  }
  if (header.p_memsz == 0) return {};
  auto end = checked_add(u64{header.p_vaddr}, u64{header.p_memsz});
  if (!end || !checked_align_up(*end, kPageSize)) return hostile("wraps around the address space");
  if (header.p_memsz > kMaxImageSpan) return hostile(fmt::format("is {:#x} bytes long", header.p_memsz));
  if (!is_power_of_two(header.p_align) || header.p_align < kPageSize) {
    return hostile("is not aligned to pages: remove -n, --nmagic or -N from the link");
  }
  if (header.p_vaddr % kPageSize != header.p_offset % kPageSize) {
    return hostile("is misaligned: its address and its file offset differ within a page");
  }
  if ((header.p_flags & PF_W) != 0 && (header.p_flags & PF_X) != 0) {
    return bad_input(
        fmt::format("segment at {:#x} is writable and executable: remove -Wl,--omagic or the linker script that asks for it",
                    header.p_vaddr));
  }
  if (!segments_.empty()) {
    u64 previous_end = align_up(segments_.back().memory.end().value, kPageSize);
    if (header.p_vaddr < segments_.back().memory.begin.value) return hostile("comes after one with a higher address");
    if (align_down(header.p_vaddr, kPageSize) < previous_end) return hostile("overlaps a page of the one before");
  }
  Segment segment;
  segment.memory = {Vaddr(header.p_vaddr), header.p_memsz};
  segment.file_offset = FileOffset(header.p_offset);
  segment.file_size = header.p_filesz;
  segment.alignment = header.p_align;
  segment.permission = (header.p_flags & PF_X) != 0   ? Permission::rx()
                       : (header.p_flags & PF_W) != 0 ? Permission::rw()
                       : (header.p_flags & PF_R) != 0 ? Permission::r()
                                                      : Permission::none();
  segments_.push_back(segment);
  return {};
}

Result<void> File::read_sections() {
  if (section_count_ == 0) return {};
  auto table = slice(bytes_, section_headers_offset_, u64{section_count_} * sizeof(Elf64_Shdr));
  if (!table) return bad_input("truncated: the section headers lie beyond the end of the file");
  std::vector<u32> names;
  sections_.reserve(section_count_);
  for (u64 i = 0; i < section_count_; ++i) {
    auto header = *read_at<Elf64_Shdr>(*table, i * sizeof(Elf64_Shdr));
    Section section;
    section.type = header.sh_type;
    section.flags = header.sh_flags;
    section.memory = {Vaddr(header.sh_addr), header.sh_size};
    section.entry_size = header.sh_entsize;
    section.link = header.sh_link;
    if (header.sh_type != SHT_NOBITS && header.sh_type != SHT_NULL) {
      auto bytes = slice(bytes_, header.sh_offset, header.sh_size);
      if (!bytes) return bad_input(fmt::format("truncated: section {} lies beyond the end of the file", i));
      section.bytes = *bytes;
    }
    if ((header.sh_flags & SHF_ALLOC) != 0 && !checked_add(u64{header.sh_addr}, u64{header.sh_size})) {
      return bad_input(fmt::format("section {} wraps around the address space", i));
    }
    names.push_back(header.sh_name);
    sections_.push_back(section);
  }
  if (section_names_index_ == SHN_UNDEF) return {};
  if (section_names_index_ >= section_count_) return bad_input("the table of section names does not exist");
  ByteView strings = sections_[section_names_index_].bytes;
  for (u64 i = 0; i < section_count_; ++i) {
    auto name = string_at(strings, names[i]);
    if (!name && sections_[i].type != SHT_NULL)
      return bad_input(fmt::format("section {} has a name outside the table of names", i));
    sections_[i].name = name.value_or("");
  }
  return {};
}

Result<void> File::read_symbols() {
  auto table = std::find_if(sections_.begin(), sections_.end(), [](const Section& s) { return s.type == SHT_SYMTAB; });
  if (table == sections_.end()) return {};
  if (table->entry_size != sizeof(Elf64_Sym) || table->link >= sections_.size()) return bad_input("malformed symbol table");
  ByteView strings = sections_[table->link].bytes;
  u64 count = table->bytes.size() / sizeof(Elf64_Sym);
  symbols_.reserve(count);
  for (u64 i = 1; i < count; ++i) {
    auto entry = *read_at<Elf64_Sym>(table->bytes, i * sizeof(Elf64_Sym));
    u8 type = ELF64_ST_TYPE(entry.st_info);
    if (entry.st_shndx == SHN_UNDEF || type == STT_FILE || type == STT_SECTION) continue;
    auto name = string_at(strings, entry.st_name);
    if (!name) return bad_input(fmt::format("symbol {} has a name outside its string table", i));
    if (!checked_add(u64{entry.st_value}, u64{entry.st_size})) {
      return bad_input(fmt::format("symbol {} wraps around the address space", i));
    }
    symbols_.push_back({*name, Vaddr(entry.st_value), entry.st_size, kind_of(entry.st_info)});
  }
  return {};
}

const Section* File::section(std::string_view name) const {
  auto found = std::find_if(sections_.begin(), sections_.end(), [&](const Section& s) { return s.name == name; });
  return found == sections_.end() ? nullptr : &*found;
}

const Symbol* File::symbol(std::string_view name) const {
  auto found = std::find_if(symbols_.begin(), symbols_.end(), [&](const Symbol& s) { return s.name == name; });
  return found == symbols_.end() ? nullptr : &*found;
}

const Segment* File::segment_at(Vaddr address) const {
  auto found = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) { return s.memory.contains(address); });
  return found == segments_.end() ? nullptr : &*found;
}

std::optional<ByteView> File::bytes_at(Vaddr address, u64 length) const {
  const Segment* segment = segment_at(address);
  if (segment == nullptr) return std::nullopt;
  return slice(bytes_of(*segment), address - segment->memory.begin, length);
}

ByteView File::bytes_of(const Segment& segment) const { return bytes_.subspan(segment.file_offset.value, segment.file_size); }

}  // namespace sgxx::elf
