// SPDX-License-Identifier: Apache-2.0
#include "enclave/thread/threads.h"

#include "enclave/volume/mounted_volume.h"

#include "enclave/abort.h"
#include "enclave/entry.h"
#include "enclave/host_call.h"
#include "enclave/program_memory.h"
#include "enclave/signal/queue.h"
#include "enclave/signal/signals.h"
#include "enclave/string.h"
#include "enclave/thread/futex.h"
#include "enclave/thread/priority_futex.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

namespace clone {
constexpr u64 vm = 0x100, sighand = 0x800, thread = 0x10000, settls = 0x80000, parent_settid = 0x100000,
              child_cleartid = 0x200000, child_settid = 0x1000000;
}

u32 host_cpu_count = 1;
std::atomic<u32> live_threads;
std::atomic<i32> next_tid{kProcessId};

/// A free block, marked as in use. A thread that has just ended may still be on its way out, off its processor for as long as the
/// host likes: its block is waited for, a second at most.
ThreadBlock* claim_block() {
  constexpr int kYields = 64, kSleeps = 1000;
  constexpr u64 kSleep = kNanosecondsPerSecond / kSleeps;
  for (int attempt = 0; attempt < kYields + kSleeps; ++attempt) {
    bool leaving = false;
    for (u32 i = 0; i < enclave_config.thread_count; ++i) {
      ThreadBlock& block = thread_block(i);
      u32 free = 0;
      if (!block.in_use.compare_exchange_strong(free, 1)) continue;
      if (__atomic_load_n(&block.state, __ATOMIC_ACQUIRE) == THREAD_IDLE) {
        if (block.stack_top == 0) prepare_block(block, current().canary);
        return &block;
      }
      block.in_use.store(0);
      leaving = true;
    }
    if (!leaving) return nullptr;
    if (attempt < kYields) {
      host::yield();
    } else {
      host::wait(deadline_after(kSleep));
    }
  }
  return nullptr;
}

void reset(ThreadBlock& block, i32 tid, u64 blocked) {
  block.tid = tid;
  block.clear_child_tid = 0;
  block.robust_list = 0;
  block.waiting.store(0);
  block.spin_budget = block.spin_failures = 0;
  block.cpu_time.store(0);
  block.signal_pending.store(0);
  block.attention.store(0);
  block.signals.blocked.store(blocked);
  block.signals.waited.store(0);
  block.signals.has_saved_mask = 0;
  block.signals.stack = {0, signal_stack::disabled, 0, 0};
  open_signals(block.signals.pending, tid);
}

/// struct robust_list_head.
struct RobustList {
  u64 first;
  i64 futex_offset;
  u64 pending;
};
constexpr u32 kMostRobust = 2048;  // as in Linux: the list is the program's, and may be a ring

/// A robust mutex whose owner ends while holding it: says so in its word and wakes one waiter.
void mark_owner_dead(u64 address, i32 tid) {
  if (!is_aligned(address, 4) || !check_writable(address, 4).ok()) return;
  u32 word = 0;
  if (load_program_word(reinterpret_cast<const void*>(address), &word) != 0) return;
  using namespace futex_word;
  while ((word & tid_mask) == static_cast<u32>(tid)) {
    u32 seen = 0;
    if (exchange_program_word(reinterpret_cast<void*>(address), word, (word & waiters) | owner_died, &seen) != 0) return;
    if (seen == word) {
      if ((word & waiters) != 0) futex_wake(address, 1, ~u32{0});
      return;
    }
    word = seen;
  }
}

/// Walks the list that the thread registered with set_robust_list. Bit 0 of an entry marks a priority-inheriting mutex.
void release_robust_mutexes(const ThreadBlock& block) {
  const auto head = load<RobustList>(block.robust_list);
  if (block.robust_list == 0 || !head.ok()) return;
  const auto give_up = [&head, &block](u64 entry) {
    const u64 word = (entry & ~u64{1}) + static_cast<u64>(head->futex_offset);
    (entry & 1) != 0 ? priority_futex_owner_died(word, block.tid) : mark_owner_dead(word, block.tid);
  };
  u64 entry = head->first;
  for (u32 i = 0; i < kMostRobust && (entry & ~u64{1}) != block.robust_list; ++i) {
    const auto next = load<u64>(entry & ~u64{1});
    if (entry != head->pending) give_up(entry);
    if (!next.ok()) return;
    entry = *next;
  }
  if (head->pending != 0) give_up(head->pending);
}

}  // namespace

u32 program_cpu_count() {
  const u32 wanted = enclave_config.cpu_count != 0 ? enclave_config.cpu_count : host_cpu_count;
  const u32 most = enclave_config.thread_count < 64 ? enclave_config.thread_count : 64;
  return wanted < most ? wanted : most;
}

// The host's number is advice: it is at least 1 and never more than the threads there can be.
void set_host_cpu_count(u64 count) { host_cpu_count = count == 0 ? 1 : static_cast<u32>(count < 64 ? count : 64); }

bool is_thread(i32 tid) {
  return find_thread([tid](ThreadBlock& block) { return block.signals.pending.owner.load() == tid; }) != nullptr;
}

u32 live_thread_count() { return live_threads.load(std::memory_order_relaxed); }

void prepare_block(ThreadBlock& block, u64 canary) {
  const abi::ThreadLayout& layout = enclave_config.thread;
  const u64 address = reinterpret_cast<u64>(&block), begin = address - layout.block;
  block.self = &block;
  block.index = static_cast<u32>((address - first_thread_block) / layout.stride);
  block.stack_top = begin + layout.stack + layout.stack_length;
  block.exception_stack_top = begin + layout.exception_stack + layout.exception_stack_length;
  block.canary = canary;
  memset(reinterpret_cast<u8*>(&block) + TB_XSAVE_AREA, 0, layout.block_length - TB_XSAVE_AREA);
}

void adopt_first_thread(ThreadBlock& block) {
  reset(block, next_tid.fetch_add(1), 0);
  block.in_use.store(1);
  live_threads.store(1);
}

Outcome<u64> create_thread(const SyscallFrame& frame, const CloneRequest& request) {
  constexpr u64 kNeeded = clone::vm | clone::sighand | clone::thread;
  const bool shares_handlers = (request.flags & clone::sighand) != 0;
  if ((request.flags & clone::thread) != 0 && !shares_handlers) return fail(Errno::inval);
  if (shares_handlers && (request.flags & clone::vm) == 0) return fail(Errno::inval);
  if ((request.flags & kNeeded) != kNeeded) return fail(Errno::nosys);
  ThreadBlock& parent = current();
  ThreadBlock* const block = claim_block();
  if (block == nullptr) return fail(Errno::again);

  const i32 tid = next_tid.fetch_add(1);
  reset(*block, tid, parent.signals.blocked);
  block->name = parent.name;
  if ((request.flags & clone::child_cleartid) != 0) block->clear_child_tid = request.child_tid;
  block->start_fsbase = request.tls;
  if ((request.flags & clone::settls) == 0) asm volatile("rdfsbase %0" : "=r"(block->start_fsbase));

  auto* const start = reinterpret_cast<SyscallFrame*>(block->stack_top - sizeof(SyscallFrame));
  *start = frame;
  start->rax = 0;
  if (request.stack_top != 0) start->rsp = request.stack_top;
  save_xstate();
  memcpy(reinterpret_cast<u8*>(block) + TB_XSAVE_AREA, reinterpret_cast<const u8*>(&parent) + TB_XSAVE_AREA,
         enclave_config.thread.block_length - TB_XSAVE_AREA);
  block->xstate_saved = XSTATE_IN_XSAVE_AREA;

  const auto write_tid = [tid](u64 address) { return store(address, tid); };
  bool bad = false;
  if ((request.flags & clone::parent_settid) != 0) bad = !write_tid(request.parent_tid).ok();
  if ((request.flags & clone::child_settid) != 0) bad = bad || !write_tid(request.child_tid).ok();
  if (bad) {
    block->in_use.store(0);
    return fail(Errno::fault);
  }
  live_threads.fetch_add(1);
  TscClock::share();
  __atomic_store_n(&block->state, THREAD_STARTING, __ATOMIC_RELEASE);
  if (!host::thread_start(block->index)) {
    // The host says that nobody will come. Should somebody come all the same, the entry finds an idle thread and aborts.
    u32 starting = THREAD_STARTING;
    require(__atomic_compare_exchange_n(&block->state, &starting, THREAD_IDLE, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST),
            abi::AbortReason::bad_host_reply);
    block->in_use.store(0);
    live_threads.fetch_sub(1);
    return fail(Errno::again);
  }
  return static_cast<u64>(tid);
}

void exit_thread(u32 code) {
  ThreadBlock& block = current();
  release_robust_mutexes(block);
  leave_signals_behind(block);  // from here on is_thread does not find it
  priority_futexes_owner_died(block.tid);
  if (live_threads.fetch_sub(1) == 1) exit_process(code);
  // Before anybody who joins it can know: a thread that is created next waits for the block until it is idle.
  block.in_use.store(0);
  if (block.clear_child_tid != 0) {
    if (store(block.clear_child_tid, u32{0}).ok()) futex_wake(block.clear_child_tid, 1, ~u32{0});
  }
  block.xstate_saved = XSTATE_IN_REGISTERS;
  leave_for_good(static_cast<u64>(abi::ExitKind::thread_done), 0, THREAD_IDLE);
}

/// What was not synchronised is kept when the program ends. If it cannot be, no code of the program's may hide that.
static void keep_volumes() {
  const Outcome<> kept = commit_all_volumes(MountedVolume::Wait::ending);
  if (!kept.ok()) abort_enclave(kept.error() == Errno::nospc ? abi::AbortReason::volume_full : abi::AbortReason::volume_not_kept);
}

void exit_process(u32 code) {
  keep_volumes();
  host::exit(code & 0xff, 0);
}

// As where the kernel has the files, a signal does not undo what was written. SIGKILL ends everything at once.
extern "C" void die_by_signal(u32 number) {
  if (number != sig::kill) keep_volumes();
  host::exit(0, number);
}

}  // namespace sgxx::enclave
