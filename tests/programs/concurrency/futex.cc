// SPDX-License-Identifier: Apache-2.0
//
// The futex system call itself: wait with a changed value, timeouts, wake counts, requeue, bitsets.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <thread>
#include <vector>

#include "check.h"

static std::atomic<unsigned> word{5};
static std::atomic<unsigned> second{0};

static long futex(std::atomic<unsigned>* address, int operation, unsigned value, const timespec* time = nullptr,
                  std::atomic<unsigned>* other = nullptr, unsigned mask = 0) {
  return syscall(SYS_futex, address, operation, value, time, other, mask);
}

int main() {
  CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 4) == -1 && errno == EAGAIN);
  const timespec soon{0, 2000000};
  CHECK(futex(&word, FUTEX_WAIT_PRIVATE, 5, &soon) == -1 && errno == ETIMEDOUT);
  timespec past{0, 0};
  CHECK(futex(&word, FUTEX_WAIT_BITSET_PRIVATE, 5, &past, nullptr, FUTEX_BITSET_MATCH_ANY) == -1 && errno == ETIMEDOUT);
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 100) == 0);
  std::vector<std::thread> threads;
  std::atomic<int> woken{0};
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      while (futex(&word, FUTEX_WAIT_PRIVATE, 5) == -1 && errno == EINTR) {
      }
      ++woken;
    });
  long moved = 0;
  while (moved < 4) {
    moved += futex(&word, FUTEX_CMP_REQUEUE_PRIVATE, 0, reinterpret_cast<const timespec*>(100L), &second, 5);
    std::this_thread::yield();
  }
  CHECK(futex(&word, FUTEX_WAKE_PRIVATE, 100) == 0 && woken == 0);
  CHECK(futex(&second, FUTEX_WAKE_PRIVATE, 1) == 1);
  CHECK(futex(&second, FUTEX_WAKE_PRIVATE, 100) == 3);
  for (auto& thread : threads) thread.join();
  CHECK(futex(reinterpret_cast<std::atomic<unsigned>*>(2), FUTEX_WAIT_PRIVATE, 0) == -1 && errno == EINVAL);
  CHECK(futex(reinterpret_cast<std::atomic<unsigned>*>(16), FUTEX_WAIT_PRIVATE, 0) == -1 && errno == EFAULT);
  std::printf("woken %d\n", woken.load());
}
