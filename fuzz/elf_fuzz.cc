// SPDX-License-Identifier: Apache-2.0
//
// Parses any bytes as an ELF file and visits everything that a File promises to be within bounds.
#include "elf/frames.h"
#include "elf/static_pie.h"
#include "elf/test_image.h"
#include "fuzz/target.h"

namespace {

using namespace sgxx;

/// Reads every byte, so that the sanitizer sees a view that is out of bounds.
u64 sum(ByteView bytes) {
  u64 total = 0;
  for (u8 byte : bytes) total += byte;
  return total;
}

void require(bool promise) {
  if (!promise) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  auto parsed = elf::File::parse({data, size});
  if (!parsed.ok()) {
    require(!parsed.error().message().empty());
    return 0;
  }
  const elf::File& file = *parsed;
  volatile u64 total = 0;
  u64 previous_end = 0;
  for (const elf::Segment& segment : file.segments()) {
    total = total + sum(file.bytes_of(segment));
    require(segment.file_size <= segment.memory.length && segment.memory.begin.value >= previous_end);
    require(!(segment.permission.writable() && segment.permission.executable()));
    previous_end = segment.memory.end().value;
  }
  require(file.span().length <= elf::kMaxImageSpan);
  for (const elf::Section& section : file.sections()) total = total + sum(section.bytes) + section.name.size();
  for (const elf::Symbol& symbol : file.symbols()) total = total + symbol.name.size();
  bool accepted = elf::require_static_pie(file).ok();
  if (accepted) {
    for (const elf::Relocation& relocation : file.dynamic()->relocations) {
      require(relocation.type == 0 || file.segment_at(relocation.place)->permission.writable());
    }
  }
  if (auto frames = elf::read_frames(file); frames.ok()) {
    for (const elf::Frame& frame : *frames) {
      if (auto pads = elf::read_landing_pads(file, frame); pads.ok()) total = total + pads->size();
    }
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  // A CIE "zLR" with one FDE whose exception table has one landing pad.
  elf::test::ImageSpec with_frames;
  with_frames.frames = {16, 0,    0,    0,    0,    0, 0, 0, 1,    'z',  'L',  'R',  0, 1, 0x78, 16, 2, 0x1b, 0x1b, 0,  //
                        20, 0,    0,    0,    24,   0, 0, 0, 0xe4, 0xe7, 0xff, 0xff, 2, 0, 0,    0,                     //
                        4,  0xdb, 0xf7, 0xff, 0xff, 0, 0, 0, 0,    0,    0,    0};
  with_frames.constants = {0xff, 0xff, 0x01, 8, 0, 4, 0, 0, 4, 4, 0x10, 1};
  with_frames.symbols.push_back({"table", elf::test::place::constants, 12, elf::SymbolKind::object});
  return {elf::test::make_image(), elf::test::make_image(with_frames)};
}
