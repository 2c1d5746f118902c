// SPDX-License-Identifier: Apache-2.0
//
// membarrier: its errors, and what it is for. One side of a pair leaves its fence out; the other side asks for one in every
// thread. Then of two threads that each write a word and read the other's, one at least sees what was written.
#include <linux/membarrier.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "check.h"

namespace {

long membarrier(int command, unsigned flags = 0) { return syscall(SYS_membarrier, command, flags, 0); }

void show(const char* what, long result) {
  std::printf("%s: %ld %s\n", what, result, result == -1 ? strerrorname_np(errno) : "");
}

constexpr unsigned kRounds = 6'000;

struct alignas(64) Word {
  std::atomic<unsigned> value{0};
};
Word quick, slow, begun, ended;
unsigned seen_by_quick;

/// More than the nearest caches hold: stores to it wait, and the quick side's stores behind them, while what it reads comes
/// first.
std::vector<Word> far_away(1 << 16);

void await(const Word& word, unsigned round) {
  for (unsigned i = 1; word.value.load(std::memory_order_acquire) != round; ++i)
    if (i % 65536 == 0) sched_yield();
}

void store_far_away(unsigned round) {
  for (unsigned i = round * 48; i < (round + 1) * 48; ++i)
    far_away[(i * 2654435761u >> 8) % far_away.size()].value.store(round, std::memory_order_relaxed);
}

/// So that the two meet in other ways in each round.
void dawdle(unsigned turns) {
  for (unsigned i = 0; i < turns; ++i) asm volatile("" : "+r"(i));
}

void quick_side() {
  for (unsigned round = 1; round <= kRounds; ++round) {
    await(begun, round);
    (void)slow.value.load(std::memory_order_relaxed);
    store_far_away(round);
    quick.value.store(round, std::memory_order_relaxed);
    std::atomic_signal_fence(std::memory_order_seq_cst);  // the compiler's only
    seen_by_quick = slow.value.load(std::memory_order_relaxed);
    ended.value.store(round, std::memory_order_release);
  }
}

/// In how many rounds neither side saw the other.
unsigned play(int command) {
  quick.value = slow.value = begun.value = ended.value = 0;
  unsigned missed = 0;
  std::thread other(quick_side);
  for (unsigned round = 1; round <= kRounds; ++round) {
    begun.value.store(round, std::memory_order_release);
    dawdle(round % 8009);
    slow.value.store(round, std::memory_order_relaxed);
    CHECK(membarrier(command) == 0);
    const unsigned seen = quick.value.load(std::memory_order_relaxed);
    await(ended, round);
    missed += seen != round && seen_by_quick != round;
  }
  other.join();
  return missed;
}

/// Threads that sleep, start, end, and ask themselves hold nobody up.
void crowd() {
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) CHECK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0);
    });
    threads.emplace_back([&] {
      while (!stop) usleep(100);
    });
    threads.emplace_back([&] {
      while (!stop) std::thread([] {}).join();
    });
  }
  for (int i = 0; i < 200; ++i) CHECK(membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0);
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

int main() {
  const long all = membarrier(MEMBARRIER_CMD_QUERY);
  for (int command = 1; command <= MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE; command *= 2)
    std::printf("%d: %s\n", command, (all & command) != 0 ? "there" : "not there");
  show("private, not registered", membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
  show("core, not registered", membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE));
  show("global, not registered", membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED));
  show("register private", membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED));
  show("core, private registered", membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE));
  show("register core", membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE));
  show("register global", membarrier(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED));
  show("private", membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
  show("core", membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE));
  show("global", membarrier(MEMBARRIER_CMD_GLOBAL_EXPEDITED));
  show("query, flags", membarrier(MEMBARRIER_CMD_QUERY, 1));
  show("private, flags", membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED, 2));
  show("two commands", membarrier(MEMBARRIER_CMD_GLOBAL | MEMBARRIER_CMD_GLOBAL_EXPEDITED));
  show("no such command", membarrier(1 << 20));
  show("negative", membarrier(-1));
  std::printf("missed: %u\n", play(MEMBARRIER_CMD_PRIVATE_EXPEDITED));
  std::printf("missed: %u\n", play(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE));
  crowd();
  std::puts("done");
}
