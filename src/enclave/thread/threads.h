// SPDX-License-Identifier: Apache-2.0
//
// Threads of the program. Each is one thread block (TCS); the host is asked to enter it, and what the entering thread becomes
// was written into enclave memory before. Running out of blocks is EAGAIN.
#pragma once

#include "enclave/errno.h"
#include "enclave/thread_block.h"

namespace sgxx::enclave {

/// The identity that every program has: processes do not exist in here.
inline constexpr i32 kProcessId = 100;
inline constexpr u32 kUserId = 1000;

struct CloneRequest {
  u64 flags;
  u64 stack_top;   // rsp of the new thread
  u64 parent_tid;  // address, with CLONE_PARENT_SETTID
  u64 child_tid;   // address, with CLONE_CHILD_SETTID or CLONE_CHILD_CLEARTID
  u64 tls;         // FS base, with CLONE_SETTLS
};

/// The new thread's id. ENOSYS for anything but a thread (fork, vfork), EAGAIN when no thread block is free.
Outcome<u64> create_thread(const SyscallFrame& frame, const CloneRequest& request);
[[noreturn]] void exit_thread(u32 code);
[[noreturn]] void exit_process(u32 code);
extern "C" [[noreturn]] void die_by_signal(u32 number);

/// Processors that the program sees, 1 to 64: the manifest's number, or the host's where it leaves that open.
u32 program_cpu_count();
void set_host_cpu_count(u64 count);

/// Whether there is a thread of this id that has not begun to end.
bool is_thread(i32 tid);

/// Threads of the program that have not ended.
u32 live_thread_count();

/// Fills a block before its thread can enter for the first time. A block that was never used is not touched at all: until then it
/// costs no memory.
void prepare_block(ThreadBlock& block, u64 canary);

/// The first thread of the program.
void adopt_first_thread(ThreadBlock& block);

/// The first live thread for which `matches` holds, or nullptr.
template <class Predicate>
ThreadBlock* find_thread(Predicate matches) {
  for (u32 i = 0; i < enclave_config.thread_count; ++i) {
    ThreadBlock& block = thread_block(i);
    if (block.in_use.load() != 0 && matches(block)) return &block;
  }
  return nullptr;
}

}  // namespace sgxx::enclave
