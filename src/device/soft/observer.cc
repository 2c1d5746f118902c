// SPDX-License-Identifier: Apache-2.0
#include "device/soft/observer.h"

#include <atomic>
#include <cstring>

#include "device/soft/aex.h"
#include "device/soft/enclave.h"

namespace sgxx::device::soft {
namespace {

std::atomic<Observer*> current_observer{nullptr};
std::atomic<u8> filler{0};

}  // namespace

void set_observer(Observer* observer) { current_observer.store(observer, std::memory_order_release); }
Observer* observer() { return current_observer.load(std::memory_order_acquire); }

void set_filler_of_unmeasured_pages(u8 byte) { filler = byte; }
u8 filler_of_unmeasured_pages() { return filler; }

bool prepare_poisoned_enter(Transition& transition, Observer& instrument, bool& allowed) {
  ThreadRecord& record = *transition.record;
  TcsState& tcs = *transition.tcs;
  const u64 xfrm = tcs.enclave->secs().attributes.xfrm;
  LoadedState state{};
  state.rdi = transition.rdi;
  state.rsi = transition.rsi;
  state.rdx = transition.rdx;
  state.r8 = transition.r8;
  state.r9 = transition.r9;
  state.rflags = 0x202;
  record.xsave = {};
  const u16 fcw = 0x37f;
  const u32 mxcsr = 0x1f80;
  std::memcpy(record.xsave.data(), &fcw, sizeof fcw);
  std::memcpy(record.xsave.data() + offsetof(isa::XsaveLegacy, mxcsr), &mxcsr, sizeof mxcsr);
  if (!instrument.poison(state, std::span(record.xsave.data(), isa::xsave_size(xfrm)))) return false;

  allowed = __atomic_fetch_or(&tcs.busy, 1, __ATOMIC_ACQ_REL) == 0;
  if (!allowed) return false;
  if (tcs.cssa >= tcs.usable_frames) {
    __atomic_store_n(&tcs.busy, 0, __ATOMIC_RELEASE);
    return allowed = false;
  }
  std::memcpy(reinterpret_cast<void*>(tcs.gpr + offsetof(isa::SsaGpr, ursp)), &state.rsp, 8);
  std::memcpy(reinterpret_cast<void*>(tcs.gpr + offsetof(isa::SsaGpr, urbp)), &state.rbp, 8);
  state.rax = tcs.cssa;
  state.rbx = tcs.address;
  state.rcx = address_of(sgxx_soft_after_eexit);
  state.fsbase = tcs.fsbase;
  state.gsbase = tcs.gsbase;
  state.rip = tcs.entry;
  state.cs = 0x33;
  state.ss = 0x2b;
  state.rflags |= 0x202;
  if (instrument.wants_steps()) state.rflags |= 0x100;
  record.load = state;
  record.rfbm = (machine_xcr0() & ~isa::xfrm::pkru) | xfrm;
  record.resuming = &tcs;
  tcs.owner = &record;
  return true;
}

}  // namespace sgxx::device::soft
