// SPDX-License-Identifier: Apache-2.0
//
// Exception entry (CSSA = 1). What happened is read from SSA[0] alone. An instruction that an enclave may not execute is served
// here or sent to the runtime's entry points; a fault of the program becomes a signal; a fault of the runtime's copy routines
// on the program's pages makes them return an error. All this edits SSA[0]; the host then resumes the thread. EXITINFO is
// cleared when it has been used, so that entering twice does nothing twice.
#include "enclave/abort.h"
#include "enclave/entry.h"
#include "enclave/memory/mappings.h"
#include "enclave/memory/page_map.h"
#include "enclave/signal/attention.h"
#include "enclave/signal/moved.h"
#include "enclave/signal/signals.h"
#include "enclave/time.h"
#include "enclave/tsc_clock.h"
#include "isa/xstate.h"

namespace sgxx::enclave {
namespace {

bool is_within(u64 address, const char* begin, const char* end) {
  return address >= address_of(begin) && address < address_of(end);
}

bool in_runtime(u64 rip) { return is_within(rip, runtime_text_begin, runtime_text_end); }

/// Delivers every pending signal to an interrupted program, one frame above the other: the last one's handler runs first.
void deliver_pending(ThreadBlock& thread, isa::SsaGpr& state) {
  thread.signal_pending.store(0);
  u32 number = 0;
  SignalInfo info;
  while (!in_runtime(state.rip) && take_signal(thread, ~thread.signals.blocked.load(), number, info)) {
    deliver(thread, state, number, info, 0, 0, 0);
  }
  if (thread.attention.load() != 0) thread.signal_pending.store(1);
}

/// The program was interrupted and what came from outside is to be looked at: in the runtime, because that takes host calls. It
/// goes on at `attended_trap`, whence its registers come back.
void attend_first(ThreadBlock& thread, isa::SsaGpr& state) {
  thread.interrupted = state;
  state.rip = reinterpret_cast<u64>(&attend_interrupted);
  state.rsp = thread.stack_top - sizeof(u64);
  state.rflags = 0x202;
  state.gsbase = reinterpret_cast<u64>(&thread);
}

/// A program that was interrupted, or is about to go on, has something waiting.
void look(ThreadBlock& thread, isa::SsaGpr& state) {
  if (thread.attention.load() != 0) return attend_first(thread, state);
  deliver_pending(thread, state);
}

void return_attended(ThreadBlock& thread, isa::SsaGpr& state) {
  const u64 ursp = state.ursp, urbp = state.urbp;
  state = thread.interrupted;
  state.ursp = ursp, state.urbp = urbp;
  deliver_pending(thread, state);
}

Errno error_in(u64 rax) { return static_cast<Errno>(-static_cast<i64>(rax)); }

/// Starts an interrupted system call again, unless a handler's frame took its place. Such a frame holds RAX, RCX and R11 as
/// `deliver_after_syscall` leaves them, so that the call starts again when the handler returns; RIP stays behind the call, where
/// an unwinder knows the code.
void start_again_if_interrupted(isa::SsaGpr& state) {
  if (!is_restart(error_in(state.rax)) || address_shown(state.rcx) != address_shown(state.rip)) return;
  state.rax = state.r11;
  state.rip = address_of(runtime_syscall);
}

/// Whether a call that a signal ended starts again, when `number` (0: none) is the signal that is delivered first.
bool starts_again(Errno ended, u32 number) {
  if (number == 0 || ended == Errno::restart_always) return true;
  const SignalAction action = signal_action(number);
  if (action.handler <= 1) return true;
  return ended == Errno::restart && (action.flags & sa::restart) != 0;
}

/// The same at the end of a system call, which starts again or ends with EINTR if a signal interrupted it.
void deliver_after_syscall(ThreadBlock& thread, isa::SsaGpr& state) {
  u32 number = 0;
  SignalInfo info;
  const bool taken = take_signal(thread, ~thread.signals.blocked.load(), number, info);
  if (is_restart(error_in(state.rax))) {
    if (starts_again(error_in(state.rax), number)) {
      state.rcx = state.rip;
      state.r11 = thread.restart_number;
    } else {
      state.rax = static_cast<u64>(-static_cast<i64>(Errno::intr));
    }
  }
  if (taken) deliver(thread, state, number, info, 0, 0, 0);
  restore_mask(thread);  // a frame that was made has taken it over
  deliver_pending(thread, state);
  start_again_if_interrupted(state);
}

bool is_breakpoint(u64 rip) {
  return page_map().allows(rip, 1, page::readable | page::executable) && *reinterpret_cast<const u8*>(rip) == 0xcc;
}

/// Goes on in the runtime, or past an instruction, for those that are illegal in an enclave. False when it is none of them.
bool serve_instruction(isa::SsaGpr& state) {
  const u64 rip = state.rip;
  if (!page_map().allows(rip, 2, page::readable | page::executable)) return false;
  const auto* code = reinterpret_cast<const u8*>(rip);
  const bool has_third = page_map().allows(rip, 3, page::readable | page::executable);
  InstructionFrame frame{state.rax, state.rbx, state.rcx, state.rdx};
  u64 length = 2;
  if (code[0] != 0x0f) return false;
  if (code[1] == 0x05) {  // syscall: clobbers RCX and R11 anyway, as the runtime's entry wants
    state.rcx = rip + 2;
    state.r11 = state.rflags;
    state.rip = address_of(runtime_syscall);
    return true;
  }
  if (code[1] == 0xa2) {
    serve_cpuid(&frame);
  } else if (code[1] == 0x31 || (code[1] == 0x01 && has_third && code[2] == 0xf9)) {
    const u64 now = counted_time();
    frame.rax = static_cast<u32>(now);
    frame.rdx = now >> 32;
    if (code[1] == 0x01) frame.rcx = 0, length = 3;
  } else if (code[1] == 0x01 && has_third && code[2] == 0xd0) {
    serve_xgetbv(&frame);
    length = 3;
  } else {
    return false;
  }
  state.rax = frame.rax, state.rbx = frame.rbx, state.rcx = frame.rcx, state.rdx = frame.rdx;
  state.rip = rip + length;
  return true;
}

/// The runtime's own traps and fixups. False when the runtime itself is at fault.
bool serve_runtime(ThreadBlock& thread, isa::SsaGpr& state, u8 vector) {
  if (vector == isa::vector::ud) {
    if (state.rip == address_of(deliver_signal_trap)) {
      state.rip = state.rcx;
      deliver_after_syscall(thread, state);
      return true;
    }
    if (state.rip == address_of(instruction_signal_trap)) {
      state.rip = thread.link;
      look(thread, state);
      return true;
    }
    if (state.rip == address_of(attended_trap)) {
      return_attended(thread, state);
      return true;
    }
    if (state.rip == address_of(return_from_signal_trap)) {
      restore_signal_frame(thread, state);
      deliver_pending(thread, state);
      start_again_if_interrupted(state);
      return true;
    }
    if (state.rip == address_of(rdtsc_trap)) {
      set_tsc_usable(false);
      const u64 now = counted_time();
      state.rax = static_cast<u32>(now);
      state.rdx = now >> 32;
      state.rip += 2;
      return true;
    }
    if (state.rip == address_of(fix_gs_trap)) {
      state.gsbase = reinterpret_cast<u64>(&thread);
      state.rip = address_of(runtime_syscall);
      return true;
    }
    return false;
  }
  if (vector != isa::vector::pf && vector != isa::vector::gp) return false;
  // EACCEPT of a page that the host did not add.
  require(!is_within(state.rip, accept_begin, accept_end), abi::AbortReason::memory_refused);
  if (is_within(state.rip, copy_begin, copy_end)) {
    state.rip = address_of(copy_fault);
    return true;
  }
  const bool first_instruction = state.rip == address_of(runtime_cpuid) || state.rip == address_of(runtime_rdtsc) ||
                                 state.rip == address_of(runtime_rdtscp) || state.rip == address_of(runtime_xgetbv);
  if (first_instruction && state.gsbase != reinterpret_cast<u64>(&thread)) {
    state.gsbase = reinterpret_cast<u64>(&thread);
    return true;
  }
  return false;
}

struct Cause {
  u32 number;
  i32 code;
  bool has_address;
};

/// si_code of an unmasked floating-point exception: `raised` are exception flags in the order of FSW and MXCSR.
i32 floating_point_code(u32 raised) {
  constexpr u32 kInvalid = 1, kDenormal = 2, kDivide = 4, kOverflow = 8, kUnderflow = 16, kInexact = 32;
  constexpr i32 kFltDiv = 3, kFltOvf = 4, kFltUnd = 5, kFltRes = 6, kFltInv = 7;
  if ((raised & kInvalid) != 0) return kFltInv;
  if ((raised & kDivide) != 0) return kFltDiv;
  if ((raised & kOverflow) != 0) return kFltOvf;
  if ((raised & (kDenormal | kUnderflow)) != 0) return kFltUnd;
  return (raised & kInexact) != 0 ? kFltRes : kFltInv;
}

/// The signal that Linux sends for a vector, with its si_code.
Cause cause_of(const ThreadBlock& thread, u8 vector) {
  constexpr i32 kIllOpn = 2, kTrapBrkpt = 1, kFpeIntDiv = 1, kSegvMapErr = 1, kSegvAccErr = 2, kBusAdrAln = 1, kBusAdrErr = 2;
  const auto& extended = *reinterpret_cast<const isa::XsaveLegacy*>(ssa_frame(thread));
  switch (vector) {
    case isa::vector::de: return {sig::fpe, kFpeIntDiv, true};
    case isa::vector::db: return {sig::trap, kTrapBrkpt, true};
    case isa::vector::bp: return {sig::trap, si::kernel, false};
    case isa::vector::mf: return {sig::fpe, floating_point_code(extended.fsw & ~u32{extended.fcw}), true};
    case isa::vector::xm: return {sig::fpe, floating_point_code(extended.mxcsr & ~(extended.mxcsr >> 7)), true};
    case isa::vector::ac: return {sig::bus, kBusAdrAln, true};
    case isa::vector::pf: {
      const isa::ExInfo& info = ssa_exinfo(thread);
      const u8 byte = page_map().covers(info.maddr, 1) ? page_map().at(info.maddr) : u8{0};
      if ((byte & page::used) == 0) return {sig::segv, kSegvMapErr, true};
      return page::is_behind_file(byte) ? Cause{sig::bus, kBusAdrErr, true} : Cause{sig::segv, kSegvAccErr, true};
    }
    case isa::vector::gp: return {sig::segv, si::kernel, false};
    default: return {sig::ill, kIllOpn, true};
  }
}

void serve_fault(ThreadBlock& thread, isa::SsaGpr& state, u8 vector) {
  const Cause cause = cause_of(thread, vector);
  const bool page_fault = vector == isa::vector::pf;
  const u64 address = page_fault ? ssa_exinfo(thread).maddr : address_shown(state.rip);
  SignalInfo info{};
  info.number = static_cast<i32>(cause.number);
  info.code = cause.code;
  if (cause.has_address) info.field0 = address;
  const u64 error = page_fault || vector == isa::vector::gp ? ssa_exinfo(thread).errcd : 0;
  deliver(thread, state, cause.number, info, vector == 0 ? 1 : vector, error, page_fault ? address : 0);
}

}  // namespace

extern "C" void handle_exception(ThreadBlock* thread) {
  thread->exception_entries.fetch_add(1);
  isa::SsaGpr& state = ssa_registers(*thread);
  const isa::ExitInfo cause = state.exit_info;
  state.exit_info.value = 0;
  const bool runtime = in_runtime(state.rip);
  if (!cause.valid()) {
    // An interruption: only worth something when a signal waits, or could have come, and the program can take it.
    if (thread->signal_pending.load() == 0) {
      if (!expects_attention()) return;
      thread->attention.store(1);
      thread->signal_pending.store(1);
    }
    if (!runtime) return look(*thread, state);
    // On the way out to the program: the frame is still whole; look again.
    if (is_within(state.rip, syscall_exit, syscall_exit_end)) {
      state.rsp = thread->stack_top - sizeof(SyscallFrame);
      state.rip = address_of(syscall_exit);
    } else if (is_within(state.rip, instruction_exit, instruction_exit_end)) {
      state.rsp = thread->stack_top - INSTRUCTION_FRAME_SIZE;
      state.rip = address_of(instruction_exit);
    }
    return;
  }
  const u8 vector = cause.vector();
  const bool accepting = is_within(state.rip, accept_begin, accept_end);
  if (vector == isa::vector::pf && !accepting && memory_arrived(*thread, ssa_exinfo(*thread).maddr)) return;
  if (runtime) {
    require(serve_runtime(*thread, state, vector), abi::AbortReason::runtime_fault);
    return;
  }
  if (vector == isa::vector::ud && serve_instruction(state)) return;
  if (vector == isa::vector::ud && is_breakpoint(state.rip)) {
    // INT3 is #UD in an enclave without a debugger (SDM vol. 3D, "INT3 Consideration"); elsewhere it is a trap.
    state.rip += 1;
    return serve_fault(*thread, state, isa::vector::bp);
  }
  serve_fault(*thread, state, vector);
}

}  // namespace sgxx::enclave
