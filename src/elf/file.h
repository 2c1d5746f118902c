// SPDX-License-Identifier: Apache-2.0
//
// File: an ELF file as typed, checked facts. The bytes come from anyone, so everything that a File hands out was bounds-checked
// when it was parsed: segments lie within the file, ascend, share no page and are never writable and executable; sections,
// strings, symbols and relocations lie within what holds them. A File views the caller's bytes, which must outlive it.
// What an enclave program must be beyond that (a static-PIE with symbols) is `require_static_pie` in static_pie.h.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/bytes.h"
#include "base/error.h"

namespace sgxx::elf {

/// A link-time virtual address (p_vaddr, st_value): for a position-independent file, the offset from where it is loaded.
using Vaddr = Place<struct VaddrTag>;
using VaddrRange = Range<Vaddr>;

/// The widest image that is accepted: the largest ELRANGE of today's processors.
inline constexpr u64 kMaxImageSpan = u64{1} << 36;

/// A PT_LOAD with something in it. `memory` starts anywhere within a page, as `file_offset` does.
struct Segment {
  VaddrRange memory;
  FileOffset file_offset;
  u64 file_size = 0;          ///< bytes from the file; the rest of `memory` is zero
  u64 alignment = kPageSize;  ///< of the load address, a power of two of at least a page
  Permission permission = Permission::none();
};

struct Section {
  std::string_view name;
  u32 type = 0;        ///< SHT_*
  u64 flags = 0;       ///< SHF_*
  VaddrRange memory;   ///< meaningful when SHF_ALLOC is set
  ByteView bytes;      ///< empty for SHT_NOBITS
  u64 entry_size = 0;  ///< sh_entsize
  u32 link = 0;        ///< sh_link
};

enum class SymbolKind : u8 { notype, object, function, indirect_function, tls, other };

/// A defined symbol of .symtab.
struct Symbol {
  std::string_view name;
  Vaddr value;
  u64 size = 0;
  SymbolKind kind = SymbolKind::other;
};

struct Relocation {
  Vaddr place;
  u32 type = 0;  ///< R_X86_64_*
  i64 addend = 0;
};

struct Tls {
  VaddrRange memory;
  u64 file_size = 0;
  u64 alignment = 1;
};

/// What the dynamic section says. All relocation tables were read and checked.
struct Dynamic {
  std::vector<Relocation> relocations;                               ///< DT_RELA, DT_JMPREL, then DT_RELR as R_X86_64_RELATIVE
  u32 needed = 0;                                                    ///< number of DT_NEEDED
  enum class Encoding : u8 { rela, rel } encoding = Encoding::rela;  ///< rel: there are some that are not in `relocations`
};

enum class StackRequest : u8 { absent, not_executable, executable };

class File {
 public:
  /// Reads an ELF64 x86-64 executable or shared object; `bytes` must outlive the File. Errors are of kind bad_input.
  static Result<File> parse(ByteView bytes);

  ByteView bytes() const { return bytes_; }
  u16 type() const { return type_; }  ///< ET_*
  Vaddr entry() const { return entry_; }

  /// Where the program headers lie in memory (for AT_PHDR), if a segment loads them.
  std::optional<Vaddr> program_headers_address() const { return program_headers_address_; }
  u16 program_header_count() const { return program_header_count_; }
  u16 program_header_size() const { return program_header_size_; }

  /// The PT_LOADs, ascending. At least one.
  const std::vector<Segment>& segments() const { return segments_; }
  /// From the first page of the first segment to the end of the last page of the last.
  VaddrRange span() const { return span_; }
  const std::vector<Section>& sections() const { return sections_; }
  const Section* section(std::string_view name) const;
  /// Defined symbols in the file's order; empty when the file is stripped.
  const std::vector<Symbol>& symbols() const { return symbols_; }
  /// The first symbol of that name, by linear search.
  const Symbol* symbol(std::string_view name) const;

  const std::optional<Dynamic>& dynamic() const { return dynamic_; }
  const std::optional<Tls>& tls() const { return tls_; }
  const std::optional<VaddrRange>& relro() const { return relro_; }
  StackRequest stack() const { return stack_; }
  /// The path in PT_INTERP, if there is one.
  const std::optional<std::string_view>& interpreter() const { return interpreter_; }

  const Segment* segment_at(Vaddr address) const;
  /// The file's bytes of [address, address + length), or nothing when they are not all from the file in one segment.
  std::optional<ByteView> bytes_at(Vaddr address, u64 length) const;
  /// All the bytes of a segment that come from the file.
  ByteView bytes_of(const Segment& segment) const;

 private:
  File() = default;
  Result<void> read_program_headers();
  Result<void> add_segment(const struct ProgramHeader& header);
  Result<void> read_sections();
  Result<void> read_symbols();

  ByteView bytes_;
  u16 type_ = 0;
  Vaddr entry_;
  u64 program_headers_offset_ = 0;
  u16 program_header_count_ = 0;
  u16 program_header_size_ = 0;
  u64 section_headers_offset_ = 0;
  u16 section_count_ = 0;
  u16 section_names_index_ = 0;
  std::optional<Vaddr> program_headers_address_;
  std::vector<Segment> segments_;
  VaddrRange span_;
  std::vector<Section> sections_;
  std::vector<Symbol> symbols_;
  std::optional<VaddrRange> dynamic_range_;
  std::optional<Dynamic> dynamic_;
  std::optional<Tls> tls_;
  std::optional<VaddrRange> relro_;
  StackRequest stack_ = StackRequest::absent;
  std::optional<std::string_view> interpreter_;
};

/// Reads the dynamic section at `range` and the relocation tables it names. Used by File::parse.
Result<Dynamic> read_dynamic(const File& file, VaddrRange range);

}  // namespace sgxx::elf
