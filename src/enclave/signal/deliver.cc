// SPDX-License-Identifier: Apache-2.0
//
// Signal frames, byte for byte those of Linux on x86-64 (struct rt_sigframe), so that handlers, sigreturn and unwinders find
// what they expect. Building one edits SSA[0] and the program's stack only.
#include "enclave/cpuid.h"
#include "enclave/entry.h"
#include "enclave/program_memory.h"
#include "enclave/signal/moved.h"
#include "enclave/signal/signals.h"
#include "enclave/string.h"
#include "enclave/thread/threads.h"
#include "isa/xstate.h"

namespace sgxx::enclave {
namespace {

struct SignalContext {
  u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, rflags;
  u16 cs, gs, fs, ss;
  u64 error, trap, old_mask, cr2, extended_state;
  std::array<u64, 8> reserved;
};
static_assert(sizeof(SignalContext) == 256);

struct UserContext {
  u64 flags, link;
  SignalStack stack;
  SignalContext context;
  u64 mask;
};

struct SignalFrame {
  u64 restorer;
  UserContext context;
  SignalInfo info;
};
static_assert(offsetof(SignalFrame, context) == 8 && sizeof(SignalFrame) == 8 + 40 + 256 + 8 + 128);

constexpr u64 kFlagXstate = 1, kFlagSs = 2, kFlagStrictSs = 4;
constexpr u32 kXstateMagic1 = 0x46505853, kXstateMagic2 = 0x46505845;
constexpr u64 kSoftwareReserved = 464;  // in the legacy XSAVE area: struct _fpx_sw_bytes
constexpr u64 kRedZone = 128;
constexpr u64 kFlagsKept = 0x0cd5;      // CF PF AF ZF SF DF OF: what a frame may set
constexpr u64 kFlagsCleared = 0x40500;  // DF, TF, AC: never set in a handler

struct SoftwareBytes {
  u32 magic1, extended_size;
  u64 features;
  u32 state_size;
  std::array<u32, 7> padding;
};
static_assert(sizeof(SoftwareBytes) == 48);

u64 state_size() { return isa::xsave_size(enclave_xfrm()); }

/// Sends the thread, on its runtime stack, to the end of the process.
void die(ThreadBlock& thread, isa::SsaGpr& state, u32 number) {
  state.rip = reinterpret_cast<u64>(&die_by_signal);
  state.rsp = thread.stack_top - 8;
  state.rdi = number;
  state.rflags = 0x202;
  state.gsbase = reinterpret_cast<u64>(&thread);
}

void save_registers(SignalContext& to, const isa::SsaGpr& from) {
  to.r8 = from.r8, to.r9 = from.r9, to.r10 = from.r10, to.r11 = from.r11;
  to.r12 = from.r12, to.r13 = from.r13, to.r14 = from.r14, to.r15 = from.r15;
  to.rdi = from.rdi, to.rsi = from.rsi, to.rbp = from.rbp, to.rbx = from.rbx;
  to.rdx = from.rdx, to.rax = from.rax, to.rcx = from.rcx, to.rsp = from.rsp;
  to.rip = address_shown(from.rip), to.rflags = from.rflags;
}

void load_registers(isa::SsaGpr& to, const SignalContext& from) {
  to.r8 = from.r8, to.r9 = from.r9, to.r10 = from.r10, to.r11 = from.r11;
  to.r12 = from.r12, to.r13 = from.r13, to.r14 = from.r14, to.r15 = from.r15;
  to.rdi = from.rdi, to.rsi = from.rsi, to.rbp = from.rbp, to.rbx = from.rbx;
  to.rdx = from.rdx, to.rax = from.rax, to.rcx = from.rcx, to.rsp = from.rsp;
  to.rip = address_executed(from.rip), to.rflags = (from.rflags & kFlagsKept) | 0x202;
}

/// Copies the interrupted extended state out of the SSA, in the kernel's form, and leaves the initial state behind.
Outcome<> save_extended_state(const ThreadBlock& thread, u64 to) {
  const u64 size = state_size();
  auto* ssa = reinterpret_cast<isa::XsaveLegacy*>(ssa_frame(thread));
  const SoftwareBytes software{kXstateMagic1, static_cast<u32>(size + 4), enclave_xfrm(), static_cast<u32>(size), {}};
  TRY(write_program(to, ssa, size));
  TRY(write_program(to + kSoftwareReserved, &software, sizeof(software)));
  TRY(store(to + size, kXstateMagic2));
  memset(ssa, 0, sizeof(*ssa));
  ssa->fcw = 0x37f;
  ssa->mxcsr = 0x1f80;
  return {};
}

Outcome<> load_extended_state(const ThreadBlock& thread, u64 from) {
  auto* ssa = reinterpret_cast<isa::XsaveLegacy*>(ssa_frame(thread));
  if (from == 0) {
    memset(ssa, 0, sizeof(*ssa));
    ssa->fcw = 0x37f;
    ssa->mxcsr = 0x1f80;
    return {};
  }
  TRY(read_program(ssa, from, state_size()));
  ssa->xstate_bv &= enclave_xfrm();
  ssa->xcomp_bv = 0;
  ssa->mxcsr &= 0xffff;
  ssa->reserved2 = {};
  return {};
}

Outcome<> push_frame(ThreadBlock& thread, isa::SsaGpr& state, u32 number, const SignalAction& action, const SignalInfo& info,
                     u64 trap, u64 error, u64 address) {
  SignalState& signals = thread.signals;
  SignalFrame frame{};
  frame.restorer = action.restorer;
  frame.info = info;
  frame.context.flags = kFlagXstate | kFlagSs | kFlagStrictSs;
  frame.context.stack = signals.stack;
  const bool nested = is_on_stack(signals.stack, state.rsp);
  if (nested) frame.context.stack.flags |= signal_stack::in_use;
  frame.context.mask = signals.has_saved_mask != 0 ? signals.saved_mask : signals.blocked.load();
  save_registers(frame.context.context, state);
  frame.context.context.cs = 0x33;
  frame.context.context.ss = 0x2b;
  frame.context.context.error = error;
  frame.context.context.trap = trap;
  frame.context.context.old_mask = frame.context.mask;
  frame.context.context.cr2 = address;

  u64 stack = state.rsp - kRedZone;
  if ((action.flags & sa::onstack) != 0 && (signals.stack.flags & signal_stack::disabled) == 0 && signals.stack.size != 0 &&
      !nested) {
    stack = signals.stack.address + signals.stack.size;
  }
  const u64 extended = align_down(stack - state_size() - 4, 64);
  frame.context.context.extended_state = extended;
  const u64 place = align_down(extended - sizeof(frame), 16) - 8;
  TRY(check_writable(place, stack - place));
  TRY(save_extended_state(thread, extended));
  TRY(write_program(place, &frame, sizeof(frame)));

  signals.has_saved_mask = 0;
  if ((signals.stack.flags & signal_stack::disarm) != 0) signals.stack = {0, signal_stack::disabled, 0, 0};
  u64 blocked = signals.blocked.load() | action.mask;
  if ((action.flags & sa::nodefer) == 0) blocked |= sig::bit(number);
  set_blocked(thread, blocked);

  state.rsp = place;
  state.rip = action.handler;
  state.rdi = number;
  state.rsi = place + offsetof(SignalFrame, info);
  state.rdx = place + offsetof(SignalFrame, context);
  state.rax = 0;
  state.rflags &= ~kFlagsCleared;
  return {};
}

}  // namespace

void deliver(ThreadBlock& thread, isa::SsaGpr& state, u32 number, const SignalInfo& info, u64 trap, u64 error, u64 address) {
  const SignalAction action = signal_action(number);
  const bool synchronous = trap != 0;
  if (action.handler <= 1 || (synchronous && (thread.signals.blocked.load() & sig::bit(number)) != 0)) {
    if (!synchronous && (action.handler == 1 || (sig::ignored_by_default & sig::bit(number)) != 0)) return;
    return die(thread, state, number);
  }
  if ((action.flags & sa::resethand) != 0) {
    SignalAction reset = action;
    reset.handler = 0;
    set_signal_action(number, reset);
  }
  if (!push_frame(thread, state, number, action, info, trap, error, address).ok()) die(thread, state, sig::segv);
}

void restore_signal_frame(ThreadBlock& thread, isa::SsaGpr& state) {
  const u64 place = thread.user_rsp - sizeof(u64);  // the handler's return popped the restorer's address
  auto frame = load<SignalFrame>(place);
  if (!frame.ok()) return die(thread, state, sig::segv);
  const UserContext& context = frame->context;
  load_registers(state, context.context);
  if (!load_extended_state(thread, context.context.extended_state).ok()) return die(thread, state, sig::segv);
  set_blocked(thread, context.mask);
  if ((context.stack.flags & signal_stack::in_use) == 0) thread.signals.stack = context.stack;
}

}  // namespace sgxx::enclave
