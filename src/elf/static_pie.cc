// SPDX-License-Identifier: Apache-2.0
#include "elf/static_pie.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>

namespace sgxx::elf {
namespace {

Result<void> require_static(const File& file) {
  if (file.interpreter() || (file.dynamic() && file.dynamic()->needed != 0)) {
    if (file.interpreter()) {
      return bad_input(fmt::format("dynamically linked (it asks for {}): link with -static-pie", *file.interpreter()));
    }
    return bad_input("dynamically linked (it needs shared libraries): link with -static-pie");
  }
  if (file.type() != ET_DYN) return bad_input("not position independent: link with -static-pie instead of -static or -no-pie");
  if (!file.dynamic()) return bad_input("no dynamic section, so it cannot relocate itself: link with -static-pie");
  return {};
}

Result<void> require_entry(const File& file) {
  if (file.entry().value == 0) return bad_input("no entry point: link a program with -static-pie, not a library with -shared");
  const Segment* segment = file.segment_at(file.entry());
  if (segment == nullptr || !segment->permission.executable()) {
    return bad_input(fmt::format("the entry point {:#x} is not in an executable segment", file.entry().value));
  }
  if (!file.program_headers_address())
    return bad_input("the program headers are not loaded: remove -Wl,--no-rosegment or the linker script");
  return {};
}

/// The program applies its relocations itself, in enclave memory, so each must be of a kind that glibc's start-up code applies
/// and lie in a writable segment.
Result<void> require_relocations(const File& file) {
  const Dynamic& dynamic = *file.dynamic();
  if (dynamic.encoding == Dynamic::Encoding::rel) return bad_input("REL relocations: expected RELA, as x86-64 uses");
  for (const Relocation& relocation : dynamic.relocations) {
    if (relocation.type == R_X86_64_NONE) continue;
    if (relocation.type != R_X86_64_RELATIVE && relocation.type != R_X86_64_IRELATIVE) {
      return bad_input(
          fmt::format("relocation of type {} at {:#x}: expected RELATIVE or IRELATIVE, link with -static-pie and without -shared",
                      relocation.type, relocation.place.value));
    }
    const Segment* segment = file.segment_at(relocation.place);
    if (segment == nullptr || !segment->memory.contains(VaddrRange{relocation.place, 8})) {
      return bad_input(fmt::format("relocation at {:#x} lies outside the loaded segments", relocation.place.value));
    }
    if (!segment->permission.writable()) {
      return bad_input(
          fmt::format("relocation at {:#x} in read-only memory: compile everything with -fPIE and remove -Wl,-z,notext",
                      relocation.place.value));
    }
  }
  return {};
}

}  // namespace

Result<void> require_static_pie(const File& file) {
  TRY(require_static(file));
  TRY(require_entry(file));
  if (file.stack() == StackRequest::executable) {
    return bad_input(
        "asks for an executable stack: remove -z execstack, avoid nested functions, end assembly files with .section "
        ".note.GNU-stack");
  }
  TRY(require_relocations(file));
  bool has_functions = std::any_of(file.symbols().begin(), file.symbols().end(),
                                   [](const Symbol& symbol) { return symbol.kind == SymbolKind::function; });
  if (!has_functions) return bad_input("stripped: symbols are required to tell code from data, remove -s, --strip-all or strip");
  return {};
}

}  // namespace sgxx::elf
