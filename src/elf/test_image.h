// SPDX-License-Identifier: Apache-2.0
//
// A small static-PIE made by hand, byte for byte known, that tests and fuzzers start from and spoil.
#pragma once

#include <string>
#include <vector>

#include "elf/file.h"

namespace sgxx::elf::test {

/// Where things are in the image (file offset and address are the same).
namespace place {
inline constexpr u64 headers = 64, relocations = 0x400, code = 0x1000, constants = 0x2000, frames = 0x2800, data = 0x3000,
                     dynamic = 0x3800;
}  // namespace place

struct SymbolSpec {
  std::string name;
  u64 value;
  u64 size;
  SymbolKind kind;
};

struct ImageSpec {
  std::vector<u8> code = {0x90, 0xc3};  ///< at place::code
  std::vector<SymbolSpec> symbols = {{"_start", place::code, 2, SymbolKind::function}};
  std::vector<u8> constants;                                                          ///< at place::constants, read-only
  std::vector<u8> frames;                                                             ///< .eh_frame, at place::frames
  std::vector<Relocation> relocations = {{Vaddr(place::data), 8, i64{place::code}}};  ///< R_X86_64_RELATIVE
};

std::vector<u8> make_image(const ImageSpec& spec = {});

}  // namespace sgxx::elf::test
