// SPDX-License-Identifier: Apache-2.0
#include "rewrite/instruction.h"

#include <Zydis/Zydis.h>

#include <vector>

namespace sgxx::rewrite {
namespace {

const ZydisDecoder& decoder() {
  static const ZydisDecoder instance = [] {
    ZydisDecoder made;
    ZydisDecoderInit(&made, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    return made;
  }();
  return instance;
}

Flow flow_of(const ZydisDecodedInstruction& instruction) {
  bool relative = instruction.raw.imm[0].is_relative != 0;
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_COND_BR:
      switch (instruction.mnemonic) {
        case ZYDIS_MNEMONIC_LOOP:
        case ZYDIS_MNEMONIC_LOOPE:
        case ZYDIS_MNEMONIC_LOOPNE:
        case ZYDIS_MNEMONIC_JRCXZ:
        case ZYDIS_MNEMONIC_JECXZ:
        case ZYDIS_MNEMONIC_JCXZ: return Flow::short_only;
        default: return Flow::conditional;
      }
    case ZYDIS_CATEGORY_UNCOND_BR: return relative ? Flow::jump : Flow::indirect_jump;
    case ZYDIS_CATEGORY_CALL: return relative ? Flow::call : Flow::indirect_call;
    case ZYDIS_CATEGORY_RET:
    case ZYDIS_CATEGORY_SYSRET: return Flow::stop;
    default: break;
  }
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_INT3: return Flow::stop;
    case ZYDIS_MNEMONIC_XBEGIN: return Flow::short_only;
    default: return Flow::next;
  }
}

Instruction::Form form_of(const ZydisDecodedInstruction& instruction) {
  switch (instruction.mnemonic) {
    case ZYDIS_MNEMONIC_LEA: return Instruction::Form::lea;
    case ZYDIS_MNEMONIC_ENDBR64:
    case ZYDIS_MNEMONIC_ENDBR32: return Instruction::Form::endbr;
    case ZYDIS_MNEMONIC_CPUID:
    case ZYDIS_MNEMONIC_RDTSC:
    case ZYDIS_MNEMONIC_RDTSCP:
    case ZYDIS_MNEMONIC_XGETBV:
    case ZYDIS_MNEMONIC_HLT:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2: return Instruction::Form::system;
    default: break;
  }
  switch (instruction.meta.category) {
    case ZYDIS_CATEGORY_SYSCALL:
    case ZYDIS_CATEGORY_SYSRET:
    case ZYDIS_CATEGORY_SYSTEM:
    case ZYDIS_CATEGORY_INTERRUPT:
    case ZYDIS_CATEGORY_IO:
    case ZYDIS_CATEGORY_IOSTRINGOP: return Instruction::Form::system;
    default: return Instruction::Form::plain;
  }
}

ZydisRegister widest(ZydisRegister name) { return ZydisRegisterGetLargestEnclosing(ZYDIS_MACHINE_MODE_LONG_64, name); }

}  // namespace

Instruction decode(ByteView bytes, Vaddr address) {
  ZydisDecodedInstruction raw;
  Instruction result;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeInstruction(&decoder(), nullptr, bytes.data(), bytes.size(), &raw))) return result;
  result.length = raw.length;
  result.flow = flow_of(raw);
  result.form = form_of(raw);
  if (result.is_direct_branch()) {
    result.target = Vaddr(address.value + raw.length + static_cast<u64>(raw.raw.imm[0].value.s));
  } else if ((raw.attributes & ZYDIS_ATTRIB_HAS_MODRM) != 0 && raw.raw.modrm.mod == 0 && raw.raw.modrm.rm == 5 &&
             raw.raw.disp.size == 32) {
    result.displacement_offset = raw.raw.disp.offset;
    result.target = Vaddr(address.value + raw.length + static_cast<u64>(raw.raw.disp.value));
    if (raw.address_width != 64) result.form = Instruction::Form::system;  // eip-relative: nobody writes it, nobody moves it
  }
  return result;
}

bool touches_memory(ByteView bytes) {
  ZydisDecodedInstruction raw;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder(), bytes.data(), bytes.size(), &raw, operands))) return true;
  if (raw.mnemonic == ZYDIS_MNEMONIC_NOP) return false;
  for (u64 i = 0; i < raw.operand_count; ++i) {
    if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].mem.type != ZYDIS_MEMOP_TYPE_AGEN &&
        operands[i].actions != 0)
      return true;
  }
  return false;
}

JumpSource jump_source(ByteView block, std::span<const u8> lengths) {
  ZydisDecodedInstruction raw;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  u64 end = 0;
  for (u8 length : lengths) end += length;
  if (end > block.size() ||
      !ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder(), block.data() + end, block.size() - end, &raw, operands))) {
    return JumpSource::computed;
  }
  if (operands[0].type == ZYDIS_OPERAND_TYPE_MEMORY) return JumpSource::pointer;
  if (operands[0].type != ZYDIS_OPERAND_TYPE_REGISTER) return JumpSource::computed;
  // The last instruction that writes the register decides.
  ZydisRegister wanted = widest(operands[0].reg.value);
  for (u64 i = lengths.size(); i-- > 0;) {
    end -= lengths[i];
    if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder(), block.data() + end, block.size() - end, &raw, operands))) break;
    for (u64 o = 0; o < raw.operand_count; ++o) {
      if (operands[o].type != ZYDIS_OPERAND_TYPE_REGISTER || widest(operands[o].reg.value) != wanted) continue;
      if ((operands[o].actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) == 0) continue;
      bool loads = raw.mnemonic == ZYDIS_MNEMONIC_POP || (raw.mnemonic == ZYDIS_MNEMONIC_MOV && raw.operand_width == 64 &&
                                                          operands[1].type == ZYDIS_OPERAND_TYPE_MEMORY);
      return loads ? JumpSource::pointer : JumpSource::computed;
    }
  }
  return JumpSource::computed;
}

}  // namespace sgxx::rewrite
