// SPDX-License-Identifier: Apache-2.0
#include "device/soft/enclu.h"

#include <cstring>

#include "device/soft/signals.h"

namespace sgxx::device::soft {
namespace {

constexpr Event kGeneralProtection = {true, isa::vector::gp};

u8 byte_at(u64 address) { return *reinterpret_cast<const u8*>(address); }
bool is_canonical(u64 address) { return address + (u64{1} << 47) < u64{1} << 48; }

}  // namespace

bool is_enclu(const Enclave& enclave, u64 rip) {
  return enclave.accessible(rip, 3, Permission::r()) && byte_at(rip) == 0x0f && byte_at(rip + 1) == 0x01 && byte_at(rip + 2) == 0xd7;
}

bool is_illegal_in_enclave(const Enclave& enclave, u64 rip) {
  for (int prefixes = 0; prefixes < 14 && enclave.accessible(rip, 1, Permission::r()); ++prefixes, ++rip) {
    const u8 opcode = byte_at(rip);
    const bool prefix = opcode == 0x66 || opcode == 0x67 || opcode == 0xf2 || opcode == 0xf3 || (opcode & 0xf0) == 0x40 ||
                        opcode == 0x2e || opcode == 0x36 || opcode == 0x3e || opcode == 0x26 || opcode == 0x64 || opcode == 0x65;
    if (prefix) continue;
    if ((opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) || (opcode >= 0xec && opcode <= 0xef)) return true;
    if (opcode == 0xcd) return true;  // INT n
    if (opcode != 0x0f || !enclave.accessible(rip, 3, Permission::r())) return false;
    const u8 second = byte_at(rip + 1);
    return second == 0xa2 || second == 0x31 || second == 0x33 || (second == 0x01 && byte_at(rip + 2) == 0xf9);
  }
  return false;
}

void emulate_enclu(ThreadRecord& record, ucontext_t& context) {
  greg_t* regs = context.uc_mcontext.gregs;
  switch (static_cast<isa::Enclu>(regs[REG_RAX])) {
    case isa::Enclu::eexit:
      if (!is_canonical(static_cast<u64>(regs[REG_RBX]))) return leave_with_exception(record, context, kGeneralProtection);
      return complete_eexit(record, context);
    default: return leave_with_exception(record, context, kGeneralProtection);
  }
}

}  // namespace sgxx::device::soft
