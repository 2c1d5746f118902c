// SPDX-License-Identifier: Apache-2.0
#include "boundary/access_watch.h"

#include <Zydis/Zydis.h>

#include <cstdio>

namespace sgxx::boundary {
namespace {

constexpr int kInstructionPointer = -2;
constexpr size_t kMostComplaints = 20;

int name_of(ZydisRegister r) {
  constexpr std::array kNames = {REG_RAX, REG_RCX, REG_RDX, REG_RBX, REG_RSP, REG_RBP, REG_RSI, REG_RDI,
                                 REG_R8,  REG_R9,  REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15};
  if (r >= ZYDIS_REGISTER_RAX && r <= ZYDIS_REGISTER_R15) return kNames[static_cast<size_t>(r - ZYDIS_REGISTER_RAX)];
  if (r >= ZYDIS_REGISTER_EAX && r <= ZYDIS_REGISTER_R15D) return kNames[static_cast<size_t>(r - ZYDIS_REGISTER_EAX)];
  return r == ZYDIS_REGISTER_RIP ? kInstructionPointer : -1;
}

}  // namespace

AccessWatch::AccessWatch(TestHost& host)
    : host_(host),
      from_host_begin_(host.symbol("copy_words_from_host")),
      to_host_begin_(host.symbol("copy_words_to_host")),
      to_host_end_(host.symbol("copy_program_bytes")),
      entry_begin_(host.symbol("runtime_text_begin")),
      entry_end_(host.symbol("copy_begin")) {}

const std::vector<AccessWatch::Access>& AccessWatch::accesses_at(u64 rip) {
  auto [at, fresh] = decoded_.try_emplace(rip);
  if (!fresh) return at->second;
  ZydisDecoder decoder;
  ZydisDecoderInit(&decoder, ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64);
  ZydisDecodedInstruction instruction;
  ZydisDecodedOperand operands[ZYDIS_MAX_OPERAND_COUNT];
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&decoder, reinterpret_cast<const void*>(rip), 15, &instruction, operands)))
    return at->second;
  if (instruction.mnemonic == ZYDIS_MNEMONIC_NOP) return at->second;
  constexpr auto kRepeats = ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE;
  for (int i = 0; i < instruction.operand_count; ++i) {
    const ZydisDecodedOperand& o = operands[i];
    if (o.type != ZYDIS_OPERAND_TYPE_MEMORY || o.mem.type == ZYDIS_MEMOP_TYPE_AGEN) continue;
    Access access;
    access.base = name_of(o.mem.base);
    access.index = name_of(o.mem.index);
    access.scale = o.mem.scale;
    access.displacement =
        static_cast<u64>(o.mem.disp.value) + (access.base == kInstructionPointer ? rip + instruction.length : 0);
    if (o.mem.segment == ZYDIS_REGISTER_FS) access.segment = Access::Segment::fs;
    if (o.mem.segment == ZYDIS_REGISTER_GS) access.segment = Access::Segment::gs;
    access.size = o.size / 8;
    access.reads = (o.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
    access.writes = (o.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
    access.repeats = (instruction.attributes & kRepeats) != 0;
    at->second.push_back(access);
  }
  return at->second;
}

void AccessWatch::complain(const char* what, u64 rip, u64 address) {
  if (complaints.size() >= kMostComplaints) return;
  char text[200];
  std::snprintf(text, sizeof text, "%s: instruction at 0x%lx, address 0x%lx", what, rip, address);
  complaints.emplace_back(text);
}

void AccessWatch::check(const Access& access, u64 address, u64 rip) {
  abi::HostArea* area = nullptr;
  for (abi::HostArea* one : host_.areas)
    if (address - reinterpret_cast<u64>(one) < sizeof *one) area = one;
  if (area == nullptr) return complain("outside of ELRANGE and of every host area", rip, address);
  const bool right_reader = access.reads && !access.writes && rip >= from_host_begin_ && rip < to_host_begin_;
  const bool right_writer = access.writes && !access.reads && rip >= to_host_begin_ && rip < to_host_end_;
  if (!right_reader && !right_writer) return complain("host memory touched outside the copy routines", rip, address);
  if (access.size != 8 || !is_aligned(address, 8)) return complain("not an aligned word", rip, address);
  if (!fenced_) complain("no LFENCE since the entry", rip, address);
  auto* word = reinterpret_cast<u64*>(address);
  if (right_writer) {
    ++host_writes;
    if (address - reinterpret_cast<u64>(area) >= offsetof(abi::HostArea, reply) &&
        address - reinterpret_cast<u64>(area) < offsetof(abi::HostArea, data))
      complain("the reply is the host's to write", rip, address);
    return;
  }
  ++host_reads;
  if (!read_words_.emplace(address, true).second) complain("read twice", rip, address);
  if (overwrite_after_reading) overwrite_next_ = word;
}

Step AccessWatch::visit(ThreadRecord& record, ucontext_t& context, u64 rip) {
  if (overwrite_next_ != nullptr) *overwrite_next_ = 0xdeaddeaddeaddead;
  overwrite_next_ = nullptr;
  const auto* code = reinterpret_cast<const u8*>(rip);
  if (code[0] == 0x0f && code[1] == 0xae && code[2] == 0xe8 && (rip < entry_begin_ || rip >= entry_end_)) fenced_ = true;
  for (const Access& access : accesses_at(rip)) {
    if (access.repeats && reg(context, REG_RCX) == 0) continue;
    u64 address = access.displacement;
    if (access.base >= 0) address += reg(context, access.base);
    if (access.index >= 0) address += reg(context, access.index) * access.scale;
    if (access.segment == Access::Segment::fs) address += record.interrupted_fs;
    if (access.segment == Access::Segment::gs) address += record.interrupted_gs;
    if (!record.tcs->enclave->contains(address)) check(access, address, rip);
  }
  return Step::go_on;
}

void AccessWatch::left(ThreadRecord&, ucontext_t&) {
  overwrite_next_ = nullptr;
  read_words_.clear();
  fenced_ = false;
}

}  // namespace sgxx::boundary
