// SPDX-License-Identifier: Apache-2.0
#include "boundary/stepper.h"

namespace sgxx::boundary {
namespace {

constexpr u64 kTrap = 0x100, kCarry = 1, kResume = 0x10000;
constexpr std::array kNames = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                               REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};

u64 load(u64 address) {
  u64 value;
  std::memcpy(&value, reinterpret_cast<const void*>(address), sizeof value);
  return value;
}

/// RDRAND or RDSEED, decoded: which register, how wide, how long.
struct Random {
  int name;
  int bytes;
  u64 length;
};
std::optional<Random> random_instruction(const u8* code) {
  u64 at = 0;
  bool small = false;
  if (code[at] == 0x66) small = true, ++at;
  u8 rex = 0;
  if ((code[at] & 0xf0) == 0x40) rex = code[at++];
  if (code[at] != 0x0f || code[at + 1] != 0xc7) return std::nullopt;
  const u8 modrm = code[at + 2];
  if (modrm >> 6 != 3 || (modrm >> 3 & 6) != 6) return std::nullopt;
  const size_t index = (modrm & 7u) | (rex & 1u) << 3;
  return Random{kNames[index], (rex & 8) != 0 ? 8 : small ? 2 : 4, at + 3};
}

/// REP STOS and REP MOVS trap after each iteration: does all but the last one at once where they stay in the enclave and nothing
/// can fault.
void run_ahead(ThreadRecord& record, ucontext_t& context, const u8* code) {
  const bool wide = code[1] == 0x48;
  const u8 opcode = code[wide ? 2 : 1];
  const bool stores = (opcode & 0xfe) == 0xaa, moves = (opcode & 0xfe) == 0xa4;
  if (code[0] != 0xf3 || (!stores && !moves) || (wide && (opcode & 1) == 0) || (!wide && (opcode & 1) != 0)) return;
  const u64 count = reg(context, REG_RCX);
  if (count < 2 || count > u64{1} << 24 || (reg(context, REG_EFL) & 0x400) != 0) return;
  const u64 length = (count - 1) * (wide ? 8 : 1), to = reg(context, REG_RDI), from = reg(context, REG_RSI);
  device::soft::Enclave& enclave = *record.tcs->enclave;
  if (!enclave.accessible(to, length, Permission::rw())) return;
  if (moves && (!enclave.accessible(from, length, Permission::r()) || (to > from && to - from < length))) return;
  if (moves) {
    std::memmove(reinterpret_cast<void*>(to), reinterpret_cast<const void*>(from), length);
    set_reg(context, REG_RSI, from + length);
  } else if (wide) {
    for (u64 i = 0; i < length; i += 8) *reinterpret_cast<u64*>(to + i) = reg(context, REG_RAX);
  } else {
    std::memset(reinterpret_cast<void*>(to), static_cast<u8>(reg(context, REG_RAX)), length);
  }
  set_reg(context, REG_RDI, to + length);
  set_reg(context, REG_RCX, 1);
}

}  // namespace

Step Stepper::step(ThreadRecord& record, ucontext_t& context) {
  for (;;) {
    const u64 rip = reg(context, REG_RIP);
    if (record.tcs == nullptr || !record.tcs->enclave->contains(rip)) {
      if (rip == device::soft::address_of(device::soft::sgxx_soft_after_eexit)) left(record, context);
      return Step::go_on;
    }
    ++instructions;
    const Step answer = visit(record, context, rip);
    if (answer != Step::go_on || reg(context, REG_RIP) != rip) return answer;
    const auto* code = reinterpret_cast<const u8*>(rip);
    const u64 flags = reg(context, REG_EFL);
    const u64 rsp = reg(context, REG_RSP);
    if (code[0] == 0x9d) {  // POPFQ takes the trap flag along; NT and ID cannot be set by a return from a signal
      const u64 popped = load(rsp) | kTrap;
      std::memcpy(reinterpret_cast<void*>(rsp), &popped, sizeof popped);
      return Step::go_on;
    } else if (code[0] == 0x9c) {  // PUSHFQ
      const u64 pushed = flags & ~(kTrap | kResume);
      std::memcpy(reinterpret_cast<void*>(rsp - 8), &pushed, sizeof pushed);
      set_reg(context, REG_RSP, rsp - 8);
      set_reg(context, REG_RIP, rip + 1);
    } else if (code[0] == 0x0f && code[1] == 0x31) {  // RDTSC
      tsc += 1000;
      set_reg(context, REG_RAX, static_cast<u32>(tsc));
      set_reg(context, REG_RDX, tsc >> 32);
      set_reg(context, REG_RIP, rip + 2);
    } else if (const auto instruction = random_instruction(code)) {
      u64 value = 0;
      const bool good = random(value);
      if (!good) value = 0;
      if (instruction->bytes == 4) value = static_cast<u32>(value);
      if (instruction->bytes == 2) value = (reg(context, instruction->name) & ~u64{0xffff}) | static_cast<u16>(value);
      set_reg(context, instruction->name, value);
      set_reg(context, REG_EFL, (flags & ~u64{0x8d5}) | (good ? kCarry : 0));
      set_reg(context, REG_RIP, rip + instruction->length);
    } else {
      run_ahead(record, context, code);
      return Step::go_on;
    }
  }
}

void poison_everything(LoadedState& state, std::span<u8> xsave, u64 xfrm, u64 seed) {
  u64 value = seed;
  const auto next = [&value] {
    value = value * 0x5851f42d4c957f2d + 0x14057b7ef767814f;
    return value ^ value >> 31;
  };
  for (u64* place : {&state.rdx, &state.r8, &state.r9, &state.r10, &state.r11, &state.r12, &state.r13, &state.r14, &state.r15,
                     &state.rsp, &state.rbp})
    *place = next();
  state.rflags = 0x202 | (next() & 0x244cd5);  // ID AC NT OF DF SF ZF AF PF CF
  const size_t header = offsetof(isa::XsaveLegacy, xstate_bv);
  for (size_t at = 0; at + 8 <= xsave.size(); at += 8) {
    const u64 word = next();
    std::memcpy(xsave.data() + at, &word, 8);
  }
  const u32 mxcsr = static_cast<u32>(next()) & 0xffff;
  const u16 fcw = static_cast<u16>(0x40 | (next() & 0x0f3f));
  std::memcpy(xsave.data(), &fcw, sizeof fcw);
  std::memcpy(xsave.data() + offsetof(isa::XsaveLegacy, mxcsr), &mxcsr, sizeof mxcsr);
  std::memset(xsave.data() + header, 0, 64);
  const u64 present = xfrm & ~isa::xfrm::pkru;
  std::memcpy(xsave.data() + header, &present, sizeof present);
}

void set_initial_x87(std::span<u8> xsave) {
  const size_t header = offsetof(isa::XsaveLegacy, xstate_bv);
  xsave[header] = static_cast<u8>(xsave[header] & ~isa::xfrm::x87);
}

std::vector<u64> poison_values(u64 elrange_size) {
  return {0, ~u64{0}, u64{1} << 63, 0x10000, elrange_size - 8, elrange_size, 0x5ec4e75ec4e75ec4};
}

}  // namespace sgxx::boundary
