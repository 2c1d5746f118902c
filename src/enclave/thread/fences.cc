// SPDX-License-Identifier: Apache-2.0
#include "enclave/thread/fences.h"

#include "enclave/host_call.h"
#include "enclave/thread/threads.h"
#include "enclave/time.h"

namespace sgxx::enclave {
namespace {

// A thread that is on another processor answers while the caller looks. One that waits for a processor gets the caller's: a sleep
// that is short enough brings the caller back as soon as that is done, where a yield would cost it a whole turn.
constexpr u32 kPauses = 256;
constexpr u64 kFirstSleep = 5'000, kLongestSleep = 1'000'000;  // ns
constexpr u32 kAskAgain = 16;                                  // rounds

/// Whether the thread executes nothing of the program, and has a fence before it that it does again: those that come back from
/// the host have one in host::call, those that start in start_thread. What they did before leaving is seen already, as stores
/// become visible in their order and the state was stored last.
bool has_fence_ahead(const ThreadBlock& thread) {
  return thread.in_use.load() == 0 || __atomic_load_n(&thread.state, __ATOMIC_SEQ_CST) != THREAD_RUNNING;
}

void fence_thread(const ThreadBlock& thread) {
  const u64 before = thread.exception_entries.load();
  const auto has_passed = [&] { return has_fence_ahead(thread) || thread.exception_entries.load() != before; };
  u64 sleep = kFirstSleep;
  for (u32 round = 0; !has_passed(); ++round) {
    if (round % kAskAgain == 0) host::thread_interrupt(thread.index);
    for (u32 i = 0; i < kPauses && !has_passed(); ++i) asm volatile("pause");
    if (has_passed()) return;
    host::wait(deadline_after(sleep));
    sleep = sleep < kLongestSleep ? sleep * 2 : kLongestSleep;
  }
}

}  // namespace

void fence_all_threads() {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const ThreadBlock& self = current();
  for (u32 i = 0; i < enclave_config.thread_count; ++i) {
    const ThreadBlock& thread = thread_block(i);
    if (&thread != &self) fence_thread(thread);
  }
  std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace sgxx::enclave
