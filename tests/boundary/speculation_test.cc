// SPDX-License-Identifier: Apache-2.0
//
// Duties A16, A1, B8: the built runtime's entry code, disassembled. Behind a conditional branch nothing touches memory, calls or
// jumps to a computed place before an LFENCE, on either arm; and the entry begins with CLD.
#include <Zydis/Zydis.h>
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "boundary/test_host.h"
#include "elf/file.h"

namespace sgxx::boundary {
namespace {

class Code {
 public:
  Code() : bytes_(read_file(kRuntime).value()), file_(elf::File::parse(bytes_).value()) {}

  u64 symbol(const char* name) const { return file_.symbol(name)->value.value; }

  struct Instruction {
    ZydisDecodedInstruction decoded;
    ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
    u64 address;
    u64 next() const { return address + decoded.length; }
    u64 target() const {
      u64 absolute = 0;
      ZydisCalcAbsoluteAddress(&decoded, &operands[0], address, &absolute);
      return absolute;
    }
    bool is(ZydisMnemonic mnemonic) const { return decoded.mnemonic == mnemonic; }
    bool conditional() const { return decoded.meta.category == ZYDIS_CATEGORY_COND_BR; }
    bool direct_jump() const {
      return decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR && operands[0].type == ZYDIS_OPERAND_TYPE_IMMEDIATE;
    }
    bool touches_memory_or_leaves() const {
      if (decoded.meta.category == ZYDIS_CATEGORY_CALL || decoded.meta.category == ZYDIS_CATEGORY_RET) return true;
      if (decoded.meta.category == ZYDIS_CATEGORY_UNCOND_BR && operands[0].type != ZYDIS_OPERAND_TYPE_IMMEDIATE) return true;
      if (is(ZYDIS_MNEMONIC_NOP)) return false;
      for (int i = 0; i < decoded.operand_count; ++i)
        if (operands[i].type == ZYDIS_OPERAND_TYPE_MEMORY && operands[i].mem.type != ZYDIS_MEMOP_TYPE_AGEN) return true;
      return false;
    }
  };

  Instruction at(u64 address) const {
    Instruction instruction{};
    instruction.address = address;
    ZydisDecoder decoder;
    ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
    const ByteView code = file_.bytes_at(elf::Vaddr(address), 15).value();
    EXPECT_TRUE(
        ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, code.data(), code.size(), &instruction.decoded, instruction.operands)))
        << std::hex << address;
    return instruction;
  }

  /// Walks from `address` until an LFENCE; the address of an instruction that must not come before it, or 0.
  u64 unfenced(u64 address, std::set<u64>& seen) const {
    for (int steps = 0; steps < 64; ++steps) {
      if (!seen.insert(address).second) return 0;
      const Instruction i = at(address);
      if (i.is(ZYDIS_MNEMONIC_LFENCE)) return 0;
      if (i.touches_memory_or_leaves()) return address;
      if (i.conditional()) {
        if (const u64 found = unfenced(i.target(), seen); found != 0) return found;
        address = i.next();
      } else {
        address = i.direct_jump() ? i.target() : i.next();
      }
    }
    return address;
  }

 private:
  std::vector<u8> bytes_;
  elf::File file_;
};

TEST(Speculation, BothArmsOfEveryBranchInTheEntryCodeAreFenced) {
  const Code code;
  int branches = 0;
  const auto look = [&](const char* begin, const char* end) {
    for (u64 address = code.symbol(begin); address < code.symbol(end);) {
      const Code::Instruction i = code.at(address);
      if (i.conditional()) {
        ++branches;
        for (u64 arm : {i.target(), i.next()}) {
          std::set<u64> seen;
          EXPECT_EQ(code.unfenced(arm, seen), 0u) << "behind the branch at 0x" << std::hex << address;
        }
      }
      address = i.next();
    }
  };
  look("runtime_entry", "leave_from_exception");
  look("clear_xstate", "clear_xstate_end");
  EXPECT_GE(branches, 10);
}

TEST(Speculation, TheEntryBeginsWithCld) {
  const Code code;
  EXPECT_TRUE(code.at(code.symbol("runtime_entry")).is(ZYDIS_MNEMONIC_CLD));
}

TEST(Speculation, EveryEncluOfTheEntryCodeIsKnown) {
  const Code code;
  int sites = 0;
  for (u64 address = code.symbol("runtime_text_begin"); address < code.symbol("copy_begin");) {
    const Code::Instruction i = code.at(address);
    if (i.is(ZYDIS_MNEMONIC_ENCLU)) ++sites;
    address = i.next();
  }
  EXPECT_EQ(sites, 7) << "four EEXIT sites, EREPORT, EGETKEY and EACCEPT";
}

}  // namespace
}  // namespace sgxx::boundary
