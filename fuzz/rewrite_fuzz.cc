// SPDX-License-Identifier: Apache-2.0
//
// Plans redirections in any bytes that parse as ELF, and checks what a plan promises to its user.
#include <cstdlib>

#include "elf/test_image.h"
#include "fuzz/target.h"
#include "rewrite/instruction.h"
#include "rewrite/plan.h"
#include "rewrite/report.h"

namespace {

using namespace sgxx;

void require(bool promise) {
  if (!promise) std::abort();
}

const EnclaveOffset kProgram(0x100000), kStubs(0x4000'0000);
const rewrite::Targets kTargets = {EnclaveOffset(0x11000), EnclaveOffset(0x11100), EnclaveOffset(0x11200), EnclaveOffset(0x11300),
                                   EnclaveOffset(0x11400)};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  auto file = elf::File::parse({data, size});
  if (!file.ok()) return 0;
  auto plan = rewrite::plan(*file, kTargets, kProgram, kStubs);
  if (!plan.ok()) return 0;
  require(!rewrite::report(*plan, rewrite::Detail::every_site).empty());
  require(plan->patches.size() == plan->count(rewrite::Decision::redirected));
  EnclaveOffset previous;
  for (const rewrite::Patch& patch : plan->patches) {
    require(patch.at >= previous && patch.bytes.size() >= 5 && patch.bytes[0] == 0xe9);
    previous = patch.at + patch.bytes.size();
    elf::Vaddr address(patch.at - kProgram);
    const elf::Segment* segment = file->segment_at(address);
    require(segment != nullptr && segment->permission.executable() && file->bytes_at(address, patch.bytes.size()).has_value());
    for (const elf::Symbol& symbol : file->symbols()) {
      elf::VaddrRange window{address, patch.bytes.size()};
      require(symbol.kind != elf::SymbolKind::object || !window.overlaps({symbol.value, symbol.size}));
    }
    u64 stub = patch.at.value + 5 + static_cast<u64>(i64{*read_at<i32>(patch.bytes, 1)}) - kStubs.value;
    require(stub < plan->stubs.size());
  }
  return 0;
}

std::vector<std::vector<u8>> fuzz::seeds() {
  namespace place = elf::test::place;
  // A function with a jump table, one with an FDE, a table of data and a plain one.
  elf::test::ImageSpec spec;
  constexpr u64 kTable = place::constants - (place::code + 7);
  spec.code = {0x48,
               0x8d,
               0x15,
               kTable & 0xff,
               (kTable >> 8) & 0xff,
               0,
               0,
               0x48,
               0x63,
               0x04,
               0xba,
               0x48,
               0x01,
               0xd0,
               0xff,
               0xe0,  //
               0xb8,
               39,
               0,
               0,
               0,
               0x0f,
               0x05,
               0xff,
               0xd0,
               0xc3,  //
               0x31,
               0xc0,
               0x74,
               3,
               0x0f,
               0x05,
               0x90,
               0xc3,  //
               0xb8,
               39,
               0,
               0,
               0,
               0x0f,
               0x05,
               0xc3,  //
               0x8b,
               0x05,
               0,
               1,
               0,
               0,
               0x0f,
               0xa2,
               0xeb,
               0xf6,
               0xeb,
               0x00,
               0x0f,
               0x31,
               0x48,
               0x85,
               0xc0,
               0x78,
               0xf7,
               0xc3};
  spec.symbols = {{"switch", place::code, 26, elf::SymbolKind::function},
                  {"branch", place::code + 26, 8, elf::SymbolKind::function},
                  {"table", place::code + 34, 8, elf::SymbolKind::object},
                  {"loop", place::code + 42, 20, elf::SymbolKind::function}};
  for (u64 target : {place::code + 16, place::code + 25}) {
    u32 distance = static_cast<u32>(target - place::constants);
    for (int shift = 0; shift < 32; shift += 8) spec.constants.push_back(static_cast<u8>(distance >> shift));
  }
  spec.relocations.push_back({elf::Vaddr(place::data + 8), 8, i64{place::code + 26}});
  return {elf::test::make_image(spec)};
}
