// SPDX-License-Identifier: Apache-2.0
//
// What the runtime knows of one enclave thread: ThreadBlock, which GS points at while the thread is inside, and SyscallFrame,
// the program's registers at the top of the runtime stack during a system call. The block's first page is measured as zeroes:
// a thread whose state is THREAD_IDLE has never been anything else.
#pragma once

#include <atomic>

#include "abi/config.h"
#include "abi/host_call.h"
#include "enclave/entry/thread_block_offsets.h"
#include "enclave/signal/signal_types.h"
#include "isa/sgx.h"

namespace sgxx::enclave {

/// The program's registers at a system call, as entry.S pushes them.
struct SyscallFrame {
  u64 r15, r14, r13, r12, rbp, rbx, r11, r10, r9, r8, rax, rcx, rdx, rsi, rdi;
  u64 number;  // rax at entry
  u64 rip, rflags, rsp;
  u64 reserved;
};
static_assert(sizeof(SyscallFrame) == FRAME_SIZE && offsetof(SyscallFrame, rax) == FRAME_RAX &&
              offsetof(SyscallFrame, rdi) == FRAME_RDI && offsetof(SyscallFrame, rip) == FRAME_RIP &&
              offsetof(SyscallFrame, rflags) == FRAME_RFLAGS && offsetof(SyscallFrame, rsp) == FRAME_RSP);

/// A thread asleep in the futex table: linked into a bucket while it waits. One lives in the ThreadBlock.
struct FutexWaiter {
  enum class Kind : u32 { ordinary, priority };  // priority: whoever unlocks hands the lock over (FUTEX_LOCK_PI)
  FutexWaiter* next;
  FutexWaiter* previous;
  u64 address;
  u64 ticket;  // the order of arrival in the bucket
  u32 bitset;
  u32 bucket;
  u32 thread;  // its block's index
  Kind kind;
  std::atomic<u32> woken;
  std::atomic<u32> queued;
};

struct alignas(kPageSize) ThreadBlock {
  // Known to entry.S.
  ThreadBlock* self;
  u64 user_rsp;
  u64 stack_top;
  u64 exception_stack_top;
  u64 host_rsp;
  u64 canary;
  u64 host_rbp;
  u64 exit_target;
  u64 call_rsp;
  u32 state;
  u32 in_exception;
  u32 xstate_saved;                 // where the program's extended state lies: XSTATE_IN_...
  std::atomic<u32> signal_pending;  // look at the pending signals before returning to the program
  u64 exception_host_rsp;
  u64 exception_host_rbp;
  u64 exception_exit_target;
  u64 link;  // where an emulated instruction goes on

  // The runtime's own.
  u32 index;  // of the thread block
  i32 tid;
  HostAddr host_area;
  u64 start_fsbase;  // FS base for a thread that is about to start
  u64 clear_child_tid;
  u64 restart_number;  // of the system call that Errno::restart ended
  u64 robust_list;
  std::atomic<u32> in_use;
  std::atomic<u32> attention;  // the host says that something came: look before returning to the program (attention.h)
  u32 ring_is_served;          // the host said so with its last reply (ring.h)
  isa::SsaGpr interrupted;     // the program's registers while the thread looks
  std::atomic<u32> waiting;    // asleep in the host, or about to be
  u32 spin_budget;             // how long futex_wait looks before it leaves the enclave, in pauses
  u32 spin_failures;
  std::array<char, 16> name;           // PR_SET_NAME, NUL-terminated
  std::atomic<u64> cpu_time;           // the greatest that anybody was told of this thread's, in ns
  u64 retried_page;                    // a fault there was not the program's
  std::atomic<u64> exception_entries;  // grows, with a full memory barrier, at each (fences.h)
  FutexWaiter waiter;
  SignalState signals;
};
static_assert(offsetof(ThreadBlock, user_rsp) == TB_USER_RSP && offsetof(ThreadBlock, stack_top) == TB_STACK_TOP &&
              offsetof(ThreadBlock, exception_stack_top) == TB_EXCEPTION_STACK_TOP &&
              offsetof(ThreadBlock, host_rsp) == TB_HOST_RSP && offsetof(ThreadBlock, canary) == TB_CANARY &&
              offsetof(ThreadBlock, host_rbp) == TB_HOST_RBP && offsetof(ThreadBlock, exit_target) == TB_EXIT_TARGET &&
              offsetof(ThreadBlock, call_rsp) == TB_CALL_RSP && offsetof(ThreadBlock, state) == TB_STATE &&
              offsetof(ThreadBlock, in_exception) == TB_IN_EXCEPTION && offsetof(ThreadBlock, xstate_saved) == TB_XSTATE_SAVED &&
              offsetof(ThreadBlock, signal_pending) == TB_SIGNAL_PENDING &&
              offsetof(ThreadBlock, exception_host_rsp) == TB_EXCEPTION_HOST_RSP &&
              offsetof(ThreadBlock, exception_host_rbp) == TB_EXCEPTION_HOST_RBP &&
              offsetof(ThreadBlock, exception_exit_target) == TB_EXCEPTION_EXIT_TARGET &&
              offsetof(ThreadBlock, link) == TB_LINK && sizeof(ThreadBlock) <= TB_XSAVE_AREA);

using abi::EnclaveConfig;
static_assert(offsetof(EnclaveConfig, thread) + offsetof(abi::ThreadLayout, block) == CONFIG_THREAD_BLOCK &&
              offsetof(EnclaveConfig, thread) + offsetof(abi::ThreadLayout, stack) == CONFIG_THREAD_STACK &&
              offsetof(EnclaveConfig, thread) + offsetof(abi::ThreadLayout, stack_length) == CONFIG_THREAD_STACK_LENGTH &&
              offsetof(EnclaveConfig, thread) + offsetof(abi::ThreadLayout, exception_stack) == CONFIG_THREAD_EXCEPTION_STACK &&
              offsetof(EnclaveConfig, thread) + offsetof(abi::ThreadLayout, exception_stack_length) ==
                  CONFIG_THREAD_EXCEPTION_STACK_LENGTH);

/// Registers of an emulated instruction, as entry.S pushes them; the handler writes the outputs.
struct InstructionFrame {
  u64 rax, rbx, rcx, rdx;
};

/// The calling thread's block.
inline ThreadBlock& current() {
  ThreadBlock* block;
  asm("mov %%gs:0, %0" : "=r"(block));
  return *block;
}

/// The measured configuration; read-only memory.
extern "C" const EnclaveConfig enclave_config;

/// The address of ELRANGE's first byte.
inline u64 enclave_base() { return reinterpret_cast<u64>(&enclave_config) - enclave_config.config_offset; }

/// The block of thread `index` (below thread_count).
inline ThreadBlock& thread_block(u32 index) {
  const EnclaveConfig& config = enclave_config;
  const u64 address = enclave_base() + config.threads.offset + index * config.thread.stride + config.thread.block;
  return *reinterpret_cast<ThreadBlock*>(address);
}

/// SSA frame 0 of a thread: its general registers, and the XSAVE area at its start.
inline u64 ssa_frame(const ThreadBlock& block) {
  return reinterpret_cast<u64>(&block) - enclave_config.thread.block + enclave_config.thread.ssa;
}
inline isa::SsaGpr& ssa_registers(const ThreadBlock& block) {
  return *reinterpret_cast<isa::SsaGpr*>(ssa_frame(block) + enclave_config.ssa_frame_size * kPageSize - sizeof(isa::SsaGpr));
}
inline const isa::ExInfo& ssa_exinfo(const ThreadBlock& block) {
  return *reinterpret_cast<const isa::ExInfo*>(reinterpret_cast<u64>(&ssa_registers(block)) - sizeof(isa::ExInfo));
}

}  // namespace sgxx::enclave
