// SPDX-License-Identifier: Apache-2.0
//
// Language-specific data areas as g++, clang and rustc write them (Itanium C++ ABI, "Exception Handling Tables").
#include <fmt/format.h>

#include "elf/cursor.h"
#include "elf/frames.h"

namespace sgxx::elf {

Result<std::vector<Vaddr>> read_landing_pads(const File& file, const Frame& frame) {
  std::vector<Vaddr> pads;
  if (!frame.exception_table) return pads;
  auto malformed = [&] { return bad_input(fmt::format("malformed exception table at {:#x}", frame.exception_table->value)); };
  const Segment* segment = file.segment_at(*frame.exception_table);
  if (segment == nullptr) return malformed();
  u64 offset = *frame.exception_table - segment->memory.begin;
  if (offset >= segment->file_size) return malformed();

  Cursor cursor(file.bytes_of(*segment).subspan(offset), *frame.exception_table);
  u8 base_encoding = cursor.read<u8>();
  Vaddr base = frame.code.begin;
  if (base_encoding != pointer_encoding::omit) base = Vaddr(cursor.pointer(base_encoding));
  if (cursor.read<u8>() != pointer_encoding::omit) cursor.uleb();  // where the type table ends
  u8 encoding = cursor.read<u8>();
  Cursor sites = cursor.sub(cursor.uleb());
  while (sites.good() && !sites.at_end()) {
    sites.pointer(encoding);  // start
    sites.pointer(encoding);  // length
    u64 pad = sites.pointer(encoding);
    sites.uleb();  // action
    if (pad != 0) pads.push_back(base + pad);
  }
  if (!sites.good()) return malformed();
  return pads;
}

}  // namespace sgxx::elf
