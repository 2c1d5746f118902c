// SPDX-License-Identifier: Apache-2.0
#include "device/soft/aex.h"

#include <algorithm>
#include <cstring>

#include "device/soft/enclave.h"

namespace sgxx::device::soft {
namespace {

constexpr u64 kCarry = 1, kParity = 4, kAdjust = 0x10, kZero = 0x40, kSign = 0x80, kTrap = 0x100, kDirection = 0x400,
              kOverflow = 0x800, kNested = 0x4000, kResume = 0x10000, kAlignment = 0x40000, kId = 0x200000;
constexpr u64 kStatus = kCarry | kParity | kAdjust | kZero | kSign | kOverflow;
constexpr u64 kLoadable = kStatus | kDirection | kNested | kResume | kAlignment | kId;
constexpr u64 kAlwaysSet = 0x202;  // bit 1, and IF, which user code cannot change

constexpr u32 kFxSoftwareMagic = 0x46505853;  // FP_XSTATE_MAGIC1: the frame holds a whole XSAVE area
constexpr u64 kSoftwareBytes = 464;           // struct _fpx_sw_bytes within the legacy region

struct Component {
  u64 bits;
  u64 offset;
  u64 length;
};
// Components above SSE, at their places in the standard format (isa/xstate.h).
constexpr Component kComponents[] = {{isa::xfrm::avx, 576, 256}, {u64{1} << 5, 1088, 64},    {u64{1} << 6, 1152, 512},
                                     {u64{1} << 7, 1664, 1024},  {isa::xfrm::pkru, 2688, 8}, {u64{1} << 17, 2752, 64},
                                     {u64{1} << 18, 2816, 8192}};

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

// XSAVE with RFBM = XFRM, from the kernel's signal frame into the SSA.
void save_extended_state(u64 ssa, u64 xfrm, const ucontext_t& context) {
  const auto* frame = reinterpret_cast<const u8*>(context.uc_mcontext.fpregs);
  auto* area = reinterpret_cast<u8*>(ssa);
  std::memset(area, 0, isa::xsave_size(xfrm));
  if (frame == nullptr) return;
  u64 present = isa::xfrm::legacy;
  if (load<u32>(address_of(frame) + kSoftwareBytes) == kFxSoftwareMagic)
    present = load<u64>(address_of(frame) + offsetof(isa::XsaveLegacy, xstate_bv));
  const u64 kept = present & xfrm;
  std::memcpy(area, frame, kSoftwareBytes - 48);  // x87, MXCSR, XMM
  if ((present & isa::xfrm::x87) == 0) {
    std::memset(area, 0, 24);
    store<u16>(ssa, 0x37f);
    std::memset(area + 32, 0, 128);
  }
  if ((present & isa::xfrm::sse) == 0) std::memset(area + 160, 0, 256);
  store(ssa + offsetof(isa::XsaveLegacy, xstate_bv), kept);
  for (const Component& component : kComponents)
    if ((kept & component.bits) != 0) std::memcpy(area + component.offset, frame + component.offset, component.length);
}

isa::ExitInfo exit_info(const Event& event, bool exinfo) {
  if (!event.exception) return {0};
  switch (event.vector) {
    case isa::vector::bp: return isa::ExitInfo::software_exception(event.vector);
    case isa::vector::de:
    case isa::vector::db:
    case isa::vector::br:
    case isa::vector::ud:
    case isa::vector::mf:
    case isa::vector::ac:
    case isa::vector::xm: return isa::ExitInfo::hardware_exception(event.vector);
    case isa::vector::pf:
    case isa::vector::gp:
      if (exinfo) return isa::ExitInfo::hardware_exception(event.vector);
      return {0};
    default: return {0};
  }
}

bool is_canonical(u64 address) { return address + (u64{1} << 47) < u64{1} << 48; }

// XRSTOR's checks of the header and of MXCSR (SDM vol. 1, "Operation of XRSTOR").
bool is_loadable(const u8* area, u64 xfrm) {
  const u64 base = address_of(area);
  if ((load<u64>(base + 512) & ~xfrm) != 0 || load<u64>(base + 520) != 0) return false;
  for (u64 offset = 528; offset < 576; offset += 8)
    if (load<u64>(base + offset) != 0) return false;
  return (load<u32>(base + offsetof(isa::XsaveLegacy, mxcsr)) & ~0xffffu) == 0;
}

}  // namespace

void initialise_extended_state(ucontext_t& context, u64 components) {
  auto* frame = reinterpret_cast<u8*>(context.uc_mcontext.fpregs);
  if (frame == nullptr) return;
  if (load<u32>(address_of(frame) + kSoftwareBytes) == kFxSoftwareMagic) {
    const u64 header = address_of(frame) + offsetof(isa::XsaveLegacy, xstate_bv);
    store<u64>(header, load<u64>(header) & ~(components | isa::xfrm::legacy));
  }
  std::memset(frame, 0, kSoftwareBytes - 48);
  store<u16>(address_of(frame), 0x37f);
  store<u32>(address_of(frame) + offsetof(isa::XsaveLegacy, mxcsr), 0x1f80);
}

void take_initial_x87_out(ucontext_t& context) {
  auto* frame = reinterpret_cast<u8*>(context.uc_mcontext.fpregs);
  if (frame == nullptr || load<u32>(address_of(frame) + kSoftwareBytes) != kFxSoftwareMagic) return;
  static constexpr std::array<u8, 24> kInitial = {0x7f, 0x03};
  const auto is_zero = [](u8 byte) { return byte == 0; };
  if (!std::equal(kInitial.begin(), kInitial.end(), frame) || !std::all_of(frame + 32, frame + 160, is_zero)) return;
  const u64 header = address_of(frame) + offsetof(isa::XsaveLegacy, xstate_bv);
  store<u64>(header, load<u64>(header) & ~isa::xfrm::x87);
}

u64 machine_xcr0() {
  u32 low = 0, high = 0;
  asm("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return u64{high} << 32 | low;
}

void asynchronous_exit(ThreadRecord& record, ucontext_t& context, const Event& event) {
  TcsState& tcs = *record.tcs;
  const isa::Secs& secs = tcs.enclave->secs();
  greg_t* regs = context.uc_mcontext.gregs;
  auto reg = [regs](int name) { return static_cast<u64>(regs[name]); };

  auto gpr = load<isa::SsaGpr>(tcs.gpr);
  const u64 ursp = gpr.ursp, urbp = gpr.urbp;
  gpr = {reg(REG_RAX),
         reg(REG_RCX),
         reg(REG_RDX),
         reg(REG_RBX),
         reg(REG_RSP),
         reg(REG_RBP),
         reg(REG_RSI),
         reg(REG_RDI),
         reg(REG_R8),
         reg(REG_R9),
         reg(REG_R10),
         reg(REG_R11),
         reg(REG_R12),
         reg(REG_R13),
         reg(REG_R14),
         reg(REG_R15),
         reg(REG_EFL) & ~kTrap,
         reg(REG_RIP),
         ursp,
         urbp,
         {0},
         0,
         record.interrupted_fs,
         record.interrupted_gs};
  const bool exinfo = (secs.misc_select & isa::kMiscExinfo) != 0;
  gpr.exit_info = exit_info(event, exinfo);
  store(tcs.gpr, gpr);
  if (exinfo && gpr.exit_info.valid() && (event.vector == isa::vector::pf || event.vector == isa::vector::gp)) {
    const u64 address = event.vector == isa::vector::pf ? event.address : 0;
    store(tcs.gpr - sizeof(isa::ExInfo), isa::ExInfo{address, event.error_code, 0});
  }
  save_extended_state(tcs.gpr + sizeof(isa::SsaGpr) - tcs.frame_size, secs.attributes.xfrm, context);
  initialise_extended_state(context, secs.attributes.xfrm);

  for (int name : {REG_RDX, REG_RSI, REG_RDI, REG_R8, REG_R9, REG_R10, REG_R11, REG_R12, REG_R13, REG_R14, REG_R15})
    regs[name] = 0;
  regs[REG_RAX] = static_cast<greg_t>(isa::Enclu::eresume);
  regs[REG_RBX] = static_cast<greg_t>(tcs.address);
  regs[REG_RCX] = regs[REG_RIP] = static_cast<greg_t>(address_of(sgxx_soft_aep));
  regs[REG_RSP] = static_cast<greg_t>(ursp);
  regs[REG_RBP] = static_cast<greg_t>(urbp);
  regs[REG_EFL] = static_cast<greg_t>(reg(REG_EFL) & ~(kStatus | kResume));
  record.interrupted_fs = record.host_fs;
  record.interrupted_gs = record.host_gs;

  record.tcs = nullptr;
  tcs.set_cssa(tcs.cssa + 1);
  __atomic_store_n(&tcs.busy, 0, __ATOMIC_RELEASE);
}

bool prepare_resume(ThreadRecord& record, TcsState& tcs) {
  if (__atomic_fetch_or(&tcs.busy, 1, __ATOMIC_ACQ_REL) != 0) return false;
  const auto refuse = [&tcs] {
    __atomic_store_n(&tcs.busy, 0, __ATOMIC_RELEASE);
    return false;
  };
  if (tcs.cssa == 0 || tcs.cssa > tcs.usable_frames) return refuse();
  const u64 xfrm = tcs.enclave->secs().attributes.xfrm;
  const u64 gpr_address = tcs.gpr_of(tcs.cssa - 1);
  const auto gpr = load<isa::SsaGpr>(gpr_address);
  const u64 ssa = gpr_address + sizeof(isa::SsaGpr) - tcs.frame_size;
  if (!is_canonical(gpr.rip) || !is_canonical(gpr.fsbase) || !is_canonical(gpr.gsbase)) return refuse();
  std::memcpy(record.xsave.data(), reinterpret_cast<const void*>(ssa), isa::xsave_size(xfrm));
  if (!is_loadable(record.xsave.data(), xfrm)) return refuse();

  record.load = {
      gpr.rax, gpr.rcx, gpr.rdx, gpr.rbx, gpr.rbp, gpr.rsi,    gpr.rdi,    gpr.r8,  gpr.r9, gpr.r10,
      gpr.r11, gpr.r12, gpr.r13, gpr.r14, gpr.r15, gpr.fsbase, gpr.gsbase, gpr.rip, 0x33,   (gpr.rflags & kLoadable) | kAlwaysSet,
      gpr.rsp, 0x2b};
  if (record.stepping) record.load.rflags |= kTrap;
  record.rfbm = (machine_xcr0() & ~isa::xfrm::pkru) | xfrm;
  tcs.set_cssa(tcs.cssa - 1);
  tcs.owner = &record;
  record.resuming = &tcs;
  return true;
}

void undo_resume(ThreadRecord& record) {
  TcsState* tcs = record.resuming;
  if (tcs == nullptr) return;
  record.resuming = nullptr;
  record.tcs = nullptr;
  tcs->set_cssa(tcs->cssa + 1);
  __atomic_store_n(&tcs->busy, 0, __ATOMIC_RELEASE);
}

}  // namespace sgxx::device::soft
