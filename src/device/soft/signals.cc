// SPDX-License-Identifier: Apache-2.0
#include "device/soft/signals.h"

#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>

#include "device/soft/enclave.h"
#include "device/soft/enclu.h"
#include "device/soft/observer.h"
#include "device/soft/threads.h"

extern "C" {
void sgxx_soft_signal_entry(int, siginfo_t*, void*);
void sgxx_soft_signal_return();
}

namespace sgxx::device::soft {
namespace {

constexpr std::array kExceptions = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS};
constexpr std::array kAbsorbed = {SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGIO, SIGURG, SIGWINCH, SIGCHLD};
constexpr u64 kTrapFlag = 0x100;

// The kernel's struct sigaction: glibc's wrapper would put its own restorer in.
struct KernelAction {
  void (*handler)(int, siginfo_t*, void*);
  unsigned long flags;
  void (*restorer)();
  u64 mask;
};

std::array<KernelAction, 65> previous_actions{};

bool kernel_sigaction(int signal, const KernelAction* action, KernelAction* old) {
  return ::syscall(SYS_rt_sigaction, signal, action, old, sizeof action->mask) == 0;
}

bool take(int signal) {
  constexpr unsigned long kRestorer = 0x04000000;  // SA_RESTORER
  const KernelAction action = {sgxx_soft_signal_entry, SA_SIGINFO | SA_ONSTACK | SA_RESTART | kRestorer, sgxx_soft_signal_return,
                               ~u64{0}};
  return kernel_sigaction(signal, &action, &previous_actions[static_cast<size_t>(signal)]);
}

bool has_default_action(int signal) {
  KernelAction now{};
  return kernel_sigaction(signal, nullptr, &now) && reinterpret_cast<u64>(now.handler) == 0;
}

u64 rip_of(const ucontext_t& context) { return static_cast<u64>(context.uc_mcontext.gregs[REG_RIP]); }
void set(ucontext_t& context, int name, u64 value) { context.uc_mcontext.gregs[name] = static_cast<greg_t>(value); }

bool is_exception(int signal, const siginfo_t& info) {
  // Positive codes come from the kernel; kill and tgkill have codes of zero and below.
  return info.si_code > 0 && std::find(kExceptions.begin(), kExceptions.end(), signal) != kExceptions.end();
}

// A fault in host code is none of ours: whoever was there before gets it, when the instruction runs again.
void host_exception(int signal, ucontext_t& context) {
  const bool general_protection = signal == SIGSEGV && context.uc_mcontext.gregs[REG_TRAPNO] == isa::vector::gp;
  if (general_protection && execute_for_host(context)) return;
  kernel_sigaction(signal, &previous_actions[static_cast<size_t>(signal)], nullptr);
  if (signal == SIGTRAP || signal == SIGSYS) ::syscall(SYS_tgkill, ::getpid(), ::gettid(), signal);
}

void use_host_bases(ThreadRecord& record) {
  record.interrupted_fs = record.host_fs;
  record.interrupted_gs = record.host_gs;
}

// EENTER was under way: it starts again, or, when its own access to the SSA faulted, it reports that.
void roll_back_eenter(ThreadRecord& record, ucontext_t& context, bool fault) {
  Transition* transition = record.transition;
  const bool carry = (context.uc_mcontext.gregs[REG_EFL] & 1) != 0;
  const bool locked = rip_of(context) >= address_of(sgxx_soft_eenter_locked) ||
                      (rip_of(context) == address_of(sgxx_soft_eenter_locking) && !carry);
  if (locked) __atomic_store_n(&transition->tcs->busy, 0, __ATOMIC_RELEASE);
  record.tcs = nullptr;
  use_host_bases(record);
  if (!fault) return set(context, REG_RIP, address_of(sgxx_soft_eenter_begin));
  transition->kind = KIND_REFUSED;
  transition->vector = isa::vector::pf;
  set(context, REG_RIP, address_of(sgxx_soft_leave));
}

// ERESUME was under way: back to the AEP. An instrument's EENTER loads its registers in the same place and starts again.
void roll_back_eresume(ThreadRecord& record, ucontext_t& context) {
  const bool entering = record.transition->leaf == LEAF_POISONED_EENTER;
  record.tcs = nullptr;
  if (!entering) undo_resume(record);
  use_host_bases(record);
  initialise_extended_state(context, ~isa::xfrm::pkru);
  set(context, REG_RSP, record.transition->host_rsp);
  set(context, REG_RIP, address_of(entering ? sgxx_soft_load_state : sgxx_soft_aep));
}

constexpr u32 kSgx = 1u << 15;  // of a page fault's error code: the EPCM refuses the access, not the page table

// What the processor reports for a signal that the kernel sent because of enclave code.
Event event_of(int signal, ucontext_t& context, Enclave& enclave) {
  const auto trap = static_cast<u8>(context.uc_mcontext.gregs[REG_TRAPNO]);
  const auto error = static_cast<u32>(context.uc_mcontext.gregs[REG_ERR]);
  const auto address = static_cast<u64>(context.uc_mcontext.gregs[REG_CR2]);
  if (signal == SIGSYS) {
    set(context, REG_RIP, rip_of(context) - 2);  // behind SYSCALL or INT 80H
    return {true, isa::vector::ud};
  }
  if (!enclave.contains(rip_of(context))) return {true, isa::vector::gp};  // enclave mode does not execute outside ELRANGE
  if (trap == isa::vector::bp) {
    set(context, REG_RIP,
        rip_of(context) - 1);  // a fault here, and #UD after an opt-out entry (SDM vol. 3D, "INT3 Consideration")
    return {true, isa::vector::ud};
  }
  if (trap == isa::vector::gp && is_illegal_in_enclave(enclave, rip_of(context))) return {true, isa::vector::ud};
  constexpr u32 kPresent = 1;
  const EpcmEntry entry = enclave.epcm_at(address);
  // The kernel has added the page, and it is pending.
  if (trap == isa::vector::pf && (entry.growing != 0 || entry.pending != 0))
    return {true, trap, error | kPresent | kSgx, address};
  return {true, trap, error, address};
}

/// What the kernel does for a page fault of enclave code before anybody else sees it: the page table follows the EPCM.
bool is_repaired(int signal, const ucontext_t& context, Enclave& enclave) {
  if (signal != SIGSEGV || context.uc_mcontext.gregs[REG_TRAPNO] != isa::vector::pf) return false;
  // A processor that has SGX, whatever its hypervisor says of it, executes EENTER and ERESUME: they fault with the SGX bit.
  constexpr greg_t kWrite = 2, kFetch = 16;
  const greg_t error = context.uc_mcontext.gregs[REG_ERR];
  const auto address = static_cast<u64>(context.uc_mcontext.gregs[REG_CR2]);
  return (error & (kFetch | greg_t{kSgx})) == 0 &&
         enclave.follow(address, (error & kWrite) != 0 ? Permission::rw() : Permission::r());
}

/// EACCEPT's fast path was under way: it starts again at its site, or is completed.
enum class Rollback { impossible, again, completed };
Rollback roll_back_eaccept(ThreadRecord& record, ucontext_t& context) {
  constexpr u64 kCall = 6, kZero = 0x40, kStatus = 0x8d5;
  const u64 rip = rip_of(context), stack = static_cast<u64>(context.uc_mcontext.gregs[REG_RSP]);
  const auto flags = static_cast<u64>(context.uc_mcontext.gregs[REG_EFL]);
  const bool committed = (rip >= address_of(sgxx_soft_eaccept_committed) && rip < address_of(sgxx_soft_eaccept_end) - 2) ||
                         (rip == address_of(sgxx_soft_eaccept_committing) && (flags & kZero) != 0);
  if (!record.tcs->enclave->accessible(stack, sizeof(u64), Permission::r())) return Rollback::impossible;
  u64 behind = 0;
  std::memcpy(&behind, reinterpret_cast<const void*>(stack), sizeof behind);
  set(context, REG_RSP, stack + sizeof behind);
  set(context, REG_RIP, committed ? behind : behind - kCall);
  set(context, REG_RAX, committed ? 0 : static_cast<u64>(isa::Enclu::eaccept));
  if (committed) set(context, REG_EFL, flags & ~kStatus);
  return committed ? Rollback::completed : Rollback::again;
}

/// Which of the instructions that an enclave may not execute lies at `rip`.
AexCause undefined_instruction(Enclave& enclave, u64 rip) {
  const auto* code = reinterpret_cast<const u8*>(rip);
  if (!enclave.accessible(rip, 2, Permission::r()) || code[0] != 0x0f) return AexCause::undefined;
  if (code[1] == 0x05) return AexCause::system_call;
  if (code[1] == 0xa2) return AexCause::cpuid;
  const bool rdtscp = code[1] == 0x01 && enclave.accessible(rip, 3, Permission::r()) && code[2] == 0xf9;
  return code[1] == 0x31 || rdtscp ? AexCause::time_stamp : AexCause::undefined;
}

AexCause cause_of(const Event& event, Enclave& enclave, u64 rip) {
  switch (event.vector) {
    case isa::vector::ud: return undefined_instruction(enclave, rip);
    case isa::vector::pf: return AexCause::page_fault;
    case isa::vector::gp: return AexCause::protection;
    case isa::vector::de:
    case isa::vector::mf:
    case isa::vector::xm: return AexCause::arithmetic;
    default: return AexCause::other;
  }
}

void account(Enclave& enclave, AexCause cause) {
  enclave.asynchronous_exits[static_cast<size_t>(cause)].fetch_add(1, std::memory_order_relaxed);
  spin(enclave.aex_cost);
}

/// The kernel says so from DR6, which a hypervisor now and then loses when it puts the processor aside; the trap flag tells, too.
bool is_single_step(const siginfo_t& info, const ucontext_t& context) {
  const auto& registers = context.uc_mcontext.gregs;
  return info.si_code == TRAP_TRACE || (registers[REG_TRAPNO] == isa::vector::db && (registers[REG_EFL] & kTrapFlag) != 0);
}

Step observed_step(ThreadRecord& record, ucontext_t& context) {
  const Step answer = observer()->step(record, context);
  if (answer != Step::go_on) set(context, REG_EFL, static_cast<u64>(context.uc_mcontext.gregs[REG_EFL]) & ~kTrapFlag);
  record.stepping = answer != Step::stop;
  return answer;
}

void inside(ThreadRecord& record, ucontext_t& context, int signal, bool exception) {
  Enclave& enclave = *record.tcs->enclave;
  if (!exception) {
    account(enclave, AexCause::interrupt);
    return asynchronous_exit(record, context, {});
  }
  if (is_repaired(signal, context, enclave)) {
    account(enclave, AexCause::page_fault);  // hardware would leave and resume
    return;
  }
  if ((signal == SIGILL || signal == SIGSEGV) && is_enclu(enclave, rip_of(context)))
    return emulate_enclu(record, context, kEncluLength);
  leave_with_exception(record, context, event_of(signal, context, enclave));
}

}  // namespace

int interrupt_signal() { return SIGRTMAX - 1; }

void leave_with_exception(ThreadRecord& record, ucontext_t& context, const Event& event) {
  Enclave& enclave = *record.tcs->enclave;
  account(enclave, cause_of(event, enclave, rip_of(context)));
  asynchronous_exit(record, context, event);
  Transition& transition = *record.transition;
  transition.kind = KIND_FAULT;
  transition.vector = event.vector;
  transition.error_code = static_cast<u16>(event.error_code);
  transition.address = event.vector == isa::vector::pf ? align_down(event.address, kPageSize) : 0;
  set(context, REG_RIP, address_of(sgxx_soft_leave_after_aex));
}

void complete_eexit(ThreadRecord& record, ucontext_t& context) {
  const u64 rip = rip_of(context);
  const bool unlocked = rip >= address_of(sgxx_soft_eexit_unlocked) && rip < address_of(sgxx_soft_eexit_end) - 2;
  if (record.tcs != nullptr && !unlocked) __atomic_store_n(&record.tcs->busy, 0, __ATOMIC_RELEASE);
  record.tcs = nullptr;
  use_host_bases(record);
  set(context, REG_RAX, static_cast<u64>(isa::Enclu::eexit));
  set(context, REG_RCX, address_of(sgxx_soft_aep));
  set(context, REG_RIP, static_cast<u64>(context.uc_mcontext.gregs[REG_RBX]));
}

Result<void> install_signal_handlers() {
  static std::mutex mutex;
  static bool installed = false;
  const std::lock_guard lock(mutex);
  if (installed) return {};
  bool ok = take(interrupt_signal());
  for (int signal : kExceptions) ok = ok && take(signal);
  for (int signal : kAbsorbed)
    if (has_default_action(signal)) ok = ok && take(signal);
  for (int signal = SIGRTMIN; signal <= SIGRTMAX; ++signal)
    if (signal != interrupt_signal() && has_default_action(signal)) ok = ok && take(signal);
  if (!ok) return system_error("cannot install signal handlers");
  installed = true;
  return {};
}

/// Every signal. `record` is null for a host thread that never attached.
extern "C" void sgxx_soft_on_signal(int signal, siginfo_t* info, void* context_pointer, ThreadRecord* record) {
  auto& context = *static_cast<ucontext_t*>(context_pointer);
  take_initial_x87_out(context);
  bool exception = is_exception(signal, *info);
  const u64 rip = rip_of(context);
  if (record == nullptr) {
    if (exception) host_exception(signal, context);
    return;
  }
  if (signal == SIGTRAP && exception && observer() != nullptr && is_single_step(*info, context)) {
    if (observed_step(*record, context) != Step::interrupt) return;
    signal = interrupt_signal();
    exception = false;
  }
  const bool inside_enclave = record->tcs != nullptr;
  const bool leaving =
      within(rip, sgxx_soft_eexit_begin, sgxx_soft_eexit_end) || (inside_enclave && record->tcs->enclave->in_exit_thunk(rip));
  const bool accepting = inside_enclave && (within(rip, sgxx_soft_eaccept_begin, sgxx_soft_eaccept_end) ||
                                            record->tcs->enclave->in_accept_thunk(rip));
  const Rollback rollback = accepting ? roll_back_eaccept(*record, context) : Rollback::impossible;
  if (rollback != Rollback::impossible) {
    if (!exception) inside(*record, context, signal, exception);
    if (exception && rollback == Rollback::again) emulate_enclu(*record, context, kRedirectedLength);
  } else if (leaving) {
    complete_eexit(*record, context);
  } else if (within(rip, sgxx_soft_eenter_begin, sgxx_soft_eenter_end)) {
    roll_back_eenter(*record, context, exception);
  } else if (within(rip, sgxx_soft_eresume_begin, sgxx_soft_eresume_end)) {
    roll_back_eresume(*record, context);
  } else if (record->tcs != nullptr) {
    inside(*record, context, signal, exception);
  } else if (exception) {
    host_exception(signal, context);
  }
  if (!exception && signal == interrupt_signal()) record->interrupt = 1;
}

}  // namespace sgxx::device::soft
