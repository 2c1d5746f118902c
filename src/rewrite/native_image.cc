// SPDX-License-Identifier: Apache-2.0
#include "rewrite/native_image.h"

#include <elf.h>

#include "rewrite/instruction.h"

namespace sgxx::rewrite::test {
namespace {

// No program is there; it marks the jumps to the runtime.
constexpr u64 kRuntime = 0x7000'0000;
const Targets kTargets = {EnclaveOffset(kRuntime), EnclaveOffset(kRuntime + 1), EnclaveOffset(kRuntime + 2),
                          EnclaveOffset(kRuntime + 3), EnclaveOffset(kRuntime + 4)};

std::vector<u8> instruction_for(u64 target) {
  static const std::vector<u8> kInstructions[] = {
      {0x0f, 0x05}, {0x0f, 0xa2}, {0x0f, 0x31}, {0x0f, 0x01, 0xf9}, {0x0f, 0x01, 0xd0}};
  return kInstructions[target - kRuntime];
}

/// Turns `lea resume(%rip), link; jmp runtime` into the instruction, `jmp resume` and padding.
void call_nobody(std::vector<u8>& stubs, u64 stub_base) {
  Instruction previous;
  u64 previous_offset = 0;
  for (u64 offset = 0; offset < stubs.size();) {
    Instruction instruction = decode(ByteView(stubs).subspan(offset), Vaddr(stub_base + offset));
    bool to_runtime =
        instruction.flow == Flow::jump && instruction.target >= Vaddr(kRuntime) && instruction.target <= Vaddr(kRuntime + 4);
    u64 end = offset + instruction.length;
    if (to_runtime) {
      std::vector<u8> code = instruction_for(instruction.target.value);
      u64 resume = previous.target.value;
      code.push_back(0xe9);
      auto distance = static_cast<u32>(resume - (stub_base + previous_offset + code.size() + 4));
      for (int shift = 0; shift < 32; shift += 8) code.push_back(static_cast<u8>(distance >> shift));
      code.resize(end - previous_offset, 0x90);
      std::copy(code.begin(), code.end(), stubs.begin() + static_cast<std::ptrdiff_t>(previous_offset));
    }
    previous = instruction;
    previous_offset = offset;
    offset = end;
  }
}

}  // namespace

Result<NativeImage> make_native(ByteView program) {
  elf::File file = TRY(elf::File::parse(program));
  u64 stub_base = file.span().end().value;
  NativeImage image{{program.begin(), program.end()}, TRY(plan(file, kTargets, EnclaveOffset(0), EnclaveOffset(stub_base)))};
  for (const Patch& patch : image.plan.patches) {
    const elf::Segment* segment = file.segment_at(Vaddr(patch.at.value));
    u64 offset = segment->file_offset.value + (Vaddr(patch.at.value) - segment->memory.begin);
    std::copy(patch.bytes.begin(), patch.bytes.end(), image.elf.begin() + static_cast<std::ptrdiff_t>(offset));
  }
  std::vector<u8> stubs = image.plan.stubs;
  call_nobody(stubs, stub_base);

  auto header = *read_at<Elf64_Ehdr>(program, 0);
  for (u64 i = 0; i < header.e_phnum; ++i) {
    u64 at = header.e_phoff + i * sizeof(Elf64_Phdr);
    auto entry = *read_at<Elf64_Phdr>(program, at);
    if (entry.p_type != PT_NOTE) continue;
    image.elf.resize(align_up(image.elf.size(), kPageSize));
    entry = {PT_LOAD, PF_R | PF_X, image.elf.size(), stub_base, stub_base, stubs.size(), stubs.size(), kPageSize};
    std::memcpy(image.elf.data() + at, &entry, sizeof(entry));
    image.elf.insert(image.elf.end(), stubs.begin(), stubs.end());
    return image;
  }
  return bad_input("no PT_NOTE to replace");
}

}  // namespace sgxx::rewrite::test
