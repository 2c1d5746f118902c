// SPDX-License-Identifier: Apache-2.0
//
// What the processor knows of a logical processor (a host thread) and of a TCS, as far as the software SGX needs it. Plain
// structures: microcode.S and the signal entry read them at fixed offsets (offsets.h).
//
// A thread is "in enclave mode" exactly while `ThreadRecord::tcs` is set and its instruction pointer lies outside the
// microcode: the transitions publish and clear that field, and a signal that interrupts them midway rolls them back or
// completes them (signals.cc), so that nobody ever sees one half done.
#pragma once

#include <cstddef>

#include "base/checked.h"
#include "device/device.h"
#include "device/soft/offsets.h"
#include "isa/sgx.h"
#include "isa/xstate.h"

namespace sgxx::device::soft {

class Enclave;
struct EpcmEntry;
struct ThreadRecord;

/// A TCS after EADD. Its page inside ELRANGE is never accessible; this is where its contents live.
struct TcsState {
  u32 busy;           // bit 0: a logical processor is inside
  u32 cssa;           // index of the current SSA frame
  u32 usable_frames;  // frames from index 0 whose pages are all valid, PT_REG, readable and writable; at most NSSA
  u32 nssa;
  u64 gpr;    // address of GPRSGX of SSA[cssa]
  u64 entry;  // address of OENTRY
  u64 fsbase;
  u64 gsbase;
  ThreadRecord* owner;  // who entered last; meaningful while busy
  Enclave* enclave;
  u64 ssa;         // address of SSA[0]
  u64 frame_size;  // bytes
  u64 address;     // linear address of the TCS page
  u64 flags;
  u32 frames_mapped;

  u64 gpr_of(u32 frame) const { return ssa + (frame + u64{1}) * frame_size - sizeof(isa::SsaGpr); }
  void set_cssa(u32 frame) {
    cssa = frame;
    gpr = gpr_of(frame);
  }
};
static_assert(offsetof(TcsState, busy) == TCS_BUSY && offsetof(TcsState, cssa) == TCS_CSSA &&
              offsetof(TcsState, gpr) == TCS_GPR && offsetof(TcsState, usable_frames) == TCS_USABLE_FRAMES &&
              offsetof(TcsState, entry) == TCS_ENTRY && offsetof(TcsState, fsbase) == TCS_FSBASE &&
              offsetof(TcsState, gsbase) == TCS_GSBASE && offsetof(TcsState, owner) == TCS_OWNER);

/// The general registers that ERESUME loads, in the order that microcode.S expects; IRETQ takes the last five.
struct LoadedState {
  u64 rax, rcx, rdx, rbx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15;
  u64 fsbase, gsbase;
  u64 rip, cs, rflags, rsp, ss;
};
static_assert(offsetof(LoadedState, rbp) == LS_RBP && offsetof(LoadedState, r8) == LS_R8 &&
              offsetof(LoadedState, r15) == LS_R15 && offsetof(LoadedState, fsbase) == LS_FS &&
              offsetof(LoadedState, gsbase) == LS_GS && offsetof(LoadedState, rip) == LS_IRET);

/// One call of `Device::enter`.
struct Transition {
  ThreadRecord* record;
  TcsState* tcs;
  u64 tcs_address;  // what RBX holds
  u32 leaf;
  u32 kind;  // KIND_*
  u64 rdi, rsi, rdx, r8, r9;
  u64 host_rsp, host_rbp;  // at EENTER
  u64 exit_rsp, exit_rbp;  // at EEXIT
  u16 vector;
  u16 error_code;
  u64 address;
};
static_assert(offsetof(Transition, record) == TR_RECORD && offsetof(Transition, tcs) == TR_TCS &&
              offsetof(Transition, leaf) == TR_LEAF && offsetof(Transition, tcs_address) == TR_TCS_ADDRESS &&
              offsetof(Transition, kind) == TR_KIND && offsetof(Transition, rdi) == TR_RDI && offsetof(Transition, r9) == TR_R9 &&
              offsetof(Transition, host_rsp) == TR_HOST_RSP && offsetof(Transition, host_rbp) == TR_HOST_RBP &&
              offsetof(Transition, exit_rsp) == TR_EXIT_RSP && offsetof(Transition, exit_rbp) == TR_EXIT_RBP);

/// A host thread that may enter enclaves. It lies at the lowest address of a SLOT_SIZE-aligned slot, with the thread's
/// alternate signal stack above it: the signal entry finds it by masking RSP, trusting no segment base.
struct ThreadRecord {
  u64 host_fs;  // constant while the thread is attached
  u64 host_gs;
  TcsState* tcs;       // set in enclave mode
  u64 interrupted_fs;  // while a handler runs: what its return installs
  u64 interrupted_gs;
  u32 interrupt;           // an interrupt arrived that no handler has seen yet
  u32 deferred;            // one that arrived while no SSA frame was free for its handler
  u64 rfbm;                // state components that ERESUME restores or initialises
  TcsState* resuming;      // prepared for ERESUME: locked, `load` and `xsave` are filled, CSSA already lowered
  Transition* transition;  // under way on this thread, the innermost one
  LoadedState load;
  alignas(64) std::array<u8, 12 * 1024> xsave;  // the SSA's image, fetched once and checked
  u64 dispatched;                               // base of the ELRANGE whose system calls are trapped on this thread
  bool stepping;                                // an observer steps through this thread's enclave code
};
static_assert(offsetof(ThreadRecord, host_gs) == REC_HOST_GS && offsetof(ThreadRecord, tcs) == REC_TCS &&
              offsetof(ThreadRecord, interrupted_fs) == REC_INTERRUPTED_FS &&
              offsetof(ThreadRecord, interrupt) == REC_INTERRUPT && offsetof(ThreadRecord, rfbm) == REC_RFBM &&
              offsetof(ThreadRecord, resuming) == REC_RESUMING && offsetof(ThreadRecord, transition) == REC_TRANSITION &&
              offsetof(ThreadRecord, load) == REC_LOAD && offsetof(ThreadRecord, xsave) == REC_XSAVE &&
              sizeof(ThreadRecord) <= 0x4000);

/// What the fast paths of EEXIT and EACCEPT need of an enclave.
struct LeafTable {
  u64 base;
  u64 pages;
  TcsState** by_gs_page;  // whose GS base is it? By page of ELRANGE; null where no TCS or more than one has its GS base
  EpcmEntry* epcm;        // by page of ELRANGE
};
static_assert(offsetof(LeafTable, pages) == LT_PAGES && offsetof(LeafTable, by_gs_page) == LT_BY_GS_PAGE &&
              offsetof(LeafTable, epcm) == LT_EPCM);

extern "C" {
/// EENTER or ERESUME (microcode.S). For ERESUME the state to load has been prepared in the record.
void sgxx_soft_enter(Transition* transition);

// Places in microcode.S.
extern const u8 sgxx_soft_eenter_begin[], sgxx_soft_eenter_locking[], sgxx_soft_eenter_locked[], sgxx_soft_eenter_end[];
extern const u8 sgxx_soft_eexit_begin[], sgxx_soft_eexit_unlocked[], sgxx_soft_eexit_end[];
extern const u8 sgxx_soft_eaccept_begin[], sgxx_soft_eaccept_committing[], sgxx_soft_eaccept_committed[], sgxx_soft_eaccept_end[];
extern const u8 sgxx_soft_eresume_begin[], sgxx_soft_load_state[], sgxx_soft_eresume_end[];
extern const u8 sgxx_soft_aep[], sgxx_soft_after_eexit[], sgxx_soft_leave[], sgxx_soft_leave_after_aex[];
}

/// Does nothing for so many ticks of the time stamp counter: what a transition costs on hardware. Safe in signal context.
inline void spin(u64 ticks) {
  if (ticks == 0) return;
  const u64 begin = __builtin_ia32_rdtsc();
  while (__builtin_ia32_rdtsc() - begin < ticks) __builtin_ia32_pause();
}

inline u64 address_of(const void* place) { return reinterpret_cast<u64>(place); }
inline bool within(u64 rip, const u8* begin, const u8* end) { return rip >= address_of(begin) && rip < address_of(end); }

}  // namespace sgxx::device::soft
