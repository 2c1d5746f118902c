// SPDX-License-Identifier: Apache-2.0
#include "device/soft/enclu.h"

#include <cstring>

#include "device/soft/keys.h"
#include "device/soft/signals.h"

namespace sgxx::device::soft {
namespace {

constexpr Event kGeneralProtection = {true, isa::vector::gp};
constexpr u64 kStatusFlags = 0x8d5, kZeroFlag = 0x40;  // CF PF AF ZF SF OF

u8 byte_at(u64 address) { return *reinterpret_cast<const u8*>(address); }
bool is_canonical(u64 address) { return address + (u64{1} << 47) < u64{1} << 48; }

/// An operand of a leaf: where it must lie and what may be done there.
struct Operand {
  u64 address;
  u64 length;
  u64 alignment;
  Permission permission;
};

/// What the leaf raises because of its operands: #GP for alignment and for ELRANGE, #PF for rights.
bool operands_fault(Enclave& enclave, std::initializer_list<Operand> operands, Event& event) {
  for (const Operand& o : operands) {
    event = kGeneralProtection;
    if (!is_aligned(o.address, o.alignment) || !enclave.contains(o.address)) return true;
    event = {true, isa::vector::pf, o.permission.writable() ? 6u : 4u, o.address};
    if (!enclave.accessible(o.address, o.length, o.permission)) return true;
  }
  return false;
}

template <class T>
T load(u64 address) {
  T value;
  std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
  return value;
}
template <class T>
void store(u64 address, const T& value) {
  std::memcpy(reinterpret_cast<void*>(address), &value, sizeof value);
}

/// RBX, RCX, RDX of the context, and its way past the instruction.
struct Leaf {
  ThreadRecord& record;
  ucontext_t& context;
  u64 length;  // of the instruction, in bytes
  Enclave& enclave = *record.tcs->enclave;

  u64 reg(int name) const { return static_cast<u64>(context.uc_mcontext.gregs[name]); }
  void done() const { context.uc_mcontext.gregs[REG_RIP] += static_cast<greg_t>(length); }
  void done_with_code(isa::SgxError code) const {
    context.uc_mcontext.gregs[REG_RAX] = static_cast<greg_t>(code);
    greg_t& flags = context.uc_mcontext.gregs[REG_EFL];
    flags &= ~static_cast<greg_t>(kStatusFlags);
    if (code != isa::SgxError::success) flags |= static_cast<greg_t>(kZeroFlag);
    done();
  }
  void fault(const Event& event) const { leave_with_exception(record, context, event); }
};

void ereport(const Leaf& leaf) {
  const u64 target = leaf.reg(REG_RBX), data = leaf.reg(REG_RCX), output = leaf.reg(REG_RDX);
  Event event;
  if (operands_fault(
          leaf.enclave,
          {{target, 512, 512, Permission::r()}, {data, 64, 128, Permission::r()}, {output, 432, 512, Permission::rw()}}, event))
    return leaf.fault(event);
  store(output,
        leaf.enclave.keys().report(leaf.enclave.identity(), load<isa::TargetInfo>(target), load<std::array<u8, 64>>(data)));
  leaf.done();
}

void egetkey(const Leaf& leaf) {
  const u64 request = leaf.reg(REG_RBX), output = leaf.reg(REG_RCX);
  Event event;
  if (operands_fault(leaf.enclave, {{request, 512, 512, Permission::r()}, {output, 16, 16, Permission::rw()}}, event))
    return leaf.fault(event);
  const KeyDeriver::Answer answer = leaf.enclave.keys().get_key(leaf.enclave.identity(), load<isa::KeyRequest>(request));
  if (answer.general_protection) return leaf.fault(kGeneralProtection);
  if (answer.error == isa::SgxError::success) store(output, answer.key);
  leaf.done_with_code(answer.error);
}

/// SECINFO combinations that EACCEPT takes (SDM vol. 3D, EACCEPT, Operation).
bool is_acceptable(const isa::SecInfo& info) {
  using isa::SecInfo;
  const u64 state = info.flags & (SecInfo::kPending | SecInfo::kModified | SecInfo::kRestricted);
  switch (info.type()) {
    case isa::PageType::reg: return state != 0 && (state & SecInfo::kModified) == 0;
    case isa::PageType::tcs:
    case isa::PageType::trim: return state == SecInfo::kModified;
    default: return false;
  }
}

void eaccept(const Leaf& leaf) {
  const u64 place = leaf.reg(REG_RBX), page = leaf.reg(REG_RCX);
  Event event;
  if (operands_fault(leaf.enclave, {{place, sizeof(isa::SecInfo), 64, Permission::r()}}, event)) return leaf.fault(event);
  const auto info = load<isa::SecInfo>(place);
  constexpr u64 kKnown = 0xff3f;
  if ((info.flags & ~kKnown) != 0 || info.reserved != decltype(info.reserved){}) return leaf.fault(kGeneralProtection);
  if (!is_aligned(page, kPageSize) || !leaf.enclave.contains(page) || !is_acceptable(info)) return leaf.fault(kGeneralProtection);
  const auto answer = leaf.enclave.accept(page, info);
  if (!answer) return leaf.fault({true, isa::vector::pf, 6, page});
  leaf.done_with_code(*answer);
}

void eexit(const Leaf& leaf) {
  if (!is_canonical(leaf.reg(REG_RBX))) return leaf.fault(kGeneralProtection);
  complete_eexit(leaf.record, leaf.context);
}

}  // namespace

bool is_enclu(Enclave& enclave, u64 rip) {
  return enclave.accessible(rip, 3, Permission::r()) && byte_at(rip) == 0x0f && byte_at(rip + 1) == 0x01 &&
         byte_at(rip + 2) == 0xd7;
}

bool is_illegal_in_enclave(Enclave& enclave, u64 rip) {
  for (int prefixes = 0; prefixes < 14 && enclave.accessible(rip, 1, Permission::r()); ++prefixes, ++rip) {
    const u8 opcode = byte_at(rip);
    const bool prefix = opcode == 0x66 || opcode == 0x67 || opcode == 0xf2 || opcode == 0xf3 || (opcode & 0xf0) == 0x40 ||
                        opcode == 0x2e || opcode == 0x36 || opcode == 0x3e || opcode == 0x26 || opcode == 0x64 || opcode == 0x65;
    if (prefix) continue;
    if ((opcode >= 0x6c && opcode <= 0x6f) || (opcode >= 0xe4 && opcode <= 0xe7) || (opcode >= 0xec && opcode <= 0xef))
      return true;
    if (opcode == 0xcd) return true;  // INT n
    if (opcode != 0x0f || !enclave.accessible(rip, 2, Permission::r())) return false;
    const u8 second = byte_at(rip + 1);
    if (second == 0x01) return enclave.accessible(rip, 3, Permission::r()) && byte_at(rip + 2) == 0xf9;  // RDTSCP
    return second == 0xa2 || second == 0x31 || second == 0x33;                                           // CPUID, RDTSC, RDPMC
  }
  return false;
}

void emulate_enclu(ThreadRecord& record, ucontext_t& context, u64 length) {
  const Leaf leaf{record, context, length};
  switch (static_cast<isa::Enclu>(leaf.reg(REG_RAX))) {
    case isa::Enclu::ereport: return ereport(leaf);
    case isa::Enclu::egetkey: return egetkey(leaf);
    case isa::Enclu::eexit: return eexit(leaf);
    case isa::Enclu::eaccept: return eaccept(leaf);
    default: return leaf.fault(kGeneralProtection);  // EENTER and ERESUME inside, and leaves that this processor lacks
  }
}

}  // namespace sgxx::device::soft
