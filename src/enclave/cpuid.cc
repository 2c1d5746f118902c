// SPDX-License-Identifier: Apache-2.0
#include "enclave/cpuid.h"

#include "enclave/abort.h"
#include "enclave/entry.h"
#include "isa/xstate.h"

namespace sgxx::enclave {
namespace {

abi::CpuidEntry table[abi::kMaxCpuidEntries];
u32 table_size;
u64 xfrm_value;

abi::CpuidEntry* find(u32 leaf, u32 subleaf) {
  for (u32 i = 0; i < table_size; ++i) {
    if (table[i].leaf == leaf && table[i].subleaf == subleaf) return &table[i];
  }
  return nullptr;
}

constexpr u32 bit(int n) { return 1u << n; }

void need(bool holds) { require(holds, abi::AbortReason::bad_cpuid); }

/// Leaf 1: features. Numbers are bits of SDM volume 2A, CPUID, "Feature Information".
void limit_features(abi::CpuidEntry& entry) {
  const u32 aes = bit(25), rdrand = bit(30), xsave = bit(26), osxsave = bit(27), avx = bit(28), fma = bit(12), f16c = bit(29);
  need((entry.ecx & (aes | rdrand | xsave)) == (aes | rdrand | xsave));
  entry.ebx &= 0x00ffff00;  // no initial APIC id, no brand index; CLFLUSH size and processor count stay
  entry.ecx |= osxsave;
  entry.ecx &= ~(bit(3) | bit(5) | bit(6) | bit(7) | bit(21) | bit(24) |
                 bit(31));  // MONITOR, VMX, SMX, EIST, x2APIC, TSC deadline, hypervisor
  if ((xfrm_value & isa::xfrm::avx) == 0) {
    entry.ecx &= ~(avx | fma | f16c);
  } else {
    need((entry.ecx & avx) != 0);
  }
}

/// Leaf 7: extended features.
void limit_extended_features(abi::CpuidEntry& entry) {
  if (entry.subleaf == 0) {
    const u32 avx512_ebx = bit(16) | bit(17) | bit(21) | bit(26) | bit(27) | bit(28) | bit(30) | bit(31);
    const u32 avx512_ecx = bit(1) | bit(6) | bit(11) | bit(12) | bit(14);
    const u32 avx512_edx = bit(2) | bit(3) | bit(8) | bit(23);
    const u32 avx_ecx = bit(9) | bit(10);  // VAES, VPCLMULQDQ
    const u32 amx_edx = bit(22) | bit(24) | bit(25);
    if ((xfrm_value & isa::xfrm::avx) == 0) {
      entry.ebx &= ~bit(5);
      entry.ecx &= ~avx_ecx;
    }
    if ((xfrm_value & isa::xfrm::avx512) == 0) {
      entry.ebx &= ~avx512_ebx;
      entry.ecx &= ~avx512_ecx;
      entry.edx &= ~avx512_edx;
    } else {
      need((entry.ebx & bit(16)) != 0);
    }
    if ((xfrm_value & isa::xfrm::amx) == 0) entry.edx &= ~amx_edx;
    entry.ecx &= ~(bit(4) | bit(3));   // OSPKE, PKU: the program's RDPKRU and WRPKRU would touch the host's register
    entry.ecx &= ~bit(7);              // shadow stacks
    entry.edx &= ~bit(20);             // indirect branch tracking
    entry.ebx &= ~(bit(4) | bit(11));  // transactions abort at every exit of the enclave
  } else if (entry.subleaf == 1) {
    if ((xfrm_value & isa::xfrm::avx) == 0) entry.eax &= ~bit(4);
    if ((xfrm_value & isa::xfrm::avx512) == 0) entry.eax &= ~bit(5);
  }
}

/// Leaf 0DH: what XFRM allows, and its size.
void limit_xsave(abi::CpuidEntry& entry) {
  if (entry.subleaf == 0) {
    need((entry.eax & xfrm_value) == static_cast<u32>(xfrm_value));
    entry.eax = static_cast<u32>(xfrm_value);
    entry.edx = static_cast<u32>(xfrm_value >> 32);
    entry.ebx = static_cast<u32>(isa::xsave_size(xfrm_value));
    entry.ecx = entry.ebx;
  } else if (entry.subleaf == 1) {
    need((entry.eax & (bit(1) | bit(2))) == (bit(1) | bit(2)));  // XSAVEC, XGETBV of what is in use
    entry.eax &= ~bit(3);                                        // XSAVES is a supervisor's
    entry.ebx = static_cast<u32>(isa::xsave_size(xfrm_value));
    entry.ecx = 0;
    entry.edx = 0;
  } else if (entry.subleaf >= 64 || (xfrm_value >> entry.subleaf & 1) == 0) {
    entry.eax = entry.ebx = entry.ecx = entry.edx = 0;
  }
}

/// extended_state.S moves these components by instructions of AVX, and of AVX-512 with its VL and BW.
u64 components_moved_singly(u32 extended_ebx) {
  if ((xfrm_value & isa::xfrm::avx) == 0) return 0;
  const u64 vectors = isa::xfrm::sse | isa::xfrm::avx;
  const u32 vl_bw = bit(31) | bit(30);
  return (xfrm_value & isa::xfrm::avx512) != 0 && (extended_ebx & vl_bw) == vl_bw ? vectors | isa::xfrm::avx512 : vectors;
}

}  // namespace

void initialize_cpuid(const abi::CpuidEntry* entries, u32 count, const isa::Attributes& attributes) {
  xfrm_value = attributes.xfrm;
  need(count > 0 && count <= abi::kMaxCpuidEntries);
  for (u32 i = 0; i < count; ++i) {
    table[i] = entries[i];
    abi::CpuidEntry& entry = table[i];
    switch (entry.leaf) {
      case 1: limit_features(entry); break;
      case 7: limit_extended_features(entry); break;
      case 0xb:
      case 0x1f: entry.edx = 0; break;  // x2APIC id
      case 0xd: limit_xsave(entry); break;
      case 0x12: entry.eax = entry.ebx = entry.ecx = entry.edx = 0; break;  // no enclaves within
      default: break;
    }
  }
  table_size = count;
  need(find(0, 0) != nullptr && find(1, 0) != nullptr && find(0xd, 0) != nullptr && find(0xd, 1) != nullptr);
  need(((find(1, 0)->edx & (bit(24) | bit(25) | bit(26))) == (bit(24) | bit(25) | bit(26))));  // FXSR, SSE, SSE2
  const abi::CpuidEntry* extended = find(7, 0);
  need((xfrm_value & isa::xfrm::avx512) == 0 || extended != nullptr);
  need(extended != nullptr && (extended->ebx & bit(0)) != 0);  // FSGSBASE
  enclave_components = static_cast<u32>(xfrm_value);
  if (const u64 singly = components_moved_singly(extended->ebx); singly != 0) {
    xsave_components = enclave_components & ~static_cast<u32>(singly);
  }
}

CpuidAnswer cpuid(u32 leaf, u32 subleaf) {
  const bool has_subleaves = leaf == 4 || leaf == 7 || leaf == 0xb || leaf == 0xd || leaf == 0x14 || leaf == 0x18 || leaf == 0x1f;
  const abi::CpuidEntry* entry = find(leaf, has_subleaves ? subleaf : 0);
  if (entry == nullptr) return {0, 0, 0, 0};
  return {entry->eax, entry->ebx, entry->ecx, entry->edx};
}

u64 enclave_xfrm() { return xfrm_value; }

extern "C" {

void serve_cpuid(InstructionFrame* frame) {
  const CpuidAnswer answer = cpuid(static_cast<u32>(frame->rax), static_cast<u32>(frame->rcx));
  *frame = {answer.eax, answer.ebx, answer.ecx, answer.edx};
}

void serve_xgetbv(InstructionFrame* frame) {
  // XCR0 is XFRM inside an enclave (SDM vol. 3D, "XSAVE and XRSTOR in enclaves"); index 1 says which of it is in use: all.
  frame->rax = static_cast<u32>(xfrm_value);
  frame->rdx = xfrm_value >> 32;
}
}

}  // namespace sgxx::enclave
