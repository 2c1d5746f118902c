// SPDX-License-Identifier: Apache-2.0
//
// FUTEX_LOCK_PI, LOCK_PI2, TRYLOCK_PI and UNLOCK_PI themselves: what they leave in the word, whom they wake, their errors.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <thread>
#include <vector>

#include "check.h"

#ifndef FUTEX_LOCK_PI2
#define FUTEX_LOCK_PI2 13
#endif

static std::atomic<std::uint32_t> word{0};

static long futex(void* at, int operation, const timespec* time = nullptr) {
  return syscall(SYS_futex, at, operation | FUTEX_PRIVATE_FLAG, 0, time, nullptr, 0);
}

static void outcome(const char* what, long result) {
  const char* name = "";
  if (result < 0) {
    switch (errno) {
      case EDEADLK: name = " EDEADLK"; break;
      case EAGAIN: name = " EAGAIN"; break;
      case ETIMEDOUT: name = " ETIMEDOUT"; break;
      case EPERM: name = " EPERM"; break;
      case ESRCH: name = " ESRCH"; break;
      case EINVAL: name = " EINVAL"; break;
      case EFAULT: name = " EFAULT"; break;
      default: name = " other";
    }
  }
  std::printf("%s: %ld%s\n", what, result, name);
}

int main() {
  const auto self = static_cast<std::uint32_t>(gettid());
  outcome("lock", futex(&word, FUTEX_LOCK_PI));
  CHECK(word == self);
  outcome("lock again", futex(&word, FUTEX_LOCK_PI));
  outcome("try again", futex(&word, FUTEX_TRYLOCK_PI));
  std::thread([] {
    outcome("another's try", futex(&word, FUTEX_TRYLOCK_PI));
    outcome("another's unlock", futex(&word, FUTEX_UNLOCK_PI));
    timespec time{};
    outcome("until long ago", futex(&word, FUTEX_LOCK_PI, &time));
    clock_gettime(CLOCK_MONOTONIC, &time);
    time.tv_sec += time.tv_nsec >= 980'000'000;
    time.tv_nsec = (time.tv_nsec + 20'000'000) % 1'000'000'000;
    outcome("for 20 ms", futex(&word, FUTEX_LOCK_PI2, &time));
    time.tv_nsec = -1;
    outcome("until never", futex(&word, FUTEX_LOCK_PI, &time));
  }).join();
  outcome("unlock", futex(&word, FUTEX_UNLOCK_PI));
  CHECK(word == 0);
  outcome("unlock a free one", futex(&word, FUTEX_UNLOCK_PI));

  // The lock passes from hand to hand: nobody takes it in between, and each finds its own number.
  CHECK(futex(&word, FUTEX_LOCK_PI) == 0);
  std::atomic<int> order{0}, ready{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      ++ready;
      CHECK(futex(&word, FUTEX_LOCK_PI) == 0);
      CHECK((word & FUTEX_TID_MASK) == static_cast<std::uint32_t>(gettid()));
      ++order;
      CHECK(futex(&word, FUTEX_UNLOCK_PI) == 0);
    });
  }
  while (ready != 4) usleep(1000);
  usleep(20'000);
  CHECK((word & FUTEX_WAITERS) != 0 && (word & FUTEX_TID_MASK) == self && order == 0);
  outcome("unlock with waiters", futex(&word, FUTEX_UNLOCK_PI));
  for (auto& thread : threads) thread.join();
  std::printf("handed on %d times, free: %d\n", order.load(), word == 0);

  std::atomic<std::uint32_t> gone{0};
  std::thread([&] { gone = static_cast<std::uint32_t>(gettid()); }).join();
  while (syscall(SYS_tgkill, getpid(), gone.load(), 0) == 0) usleep(1000);
  word = gone.load();
  outcome("owner gone", futex(&word, FUTEX_LOCK_PI));
  word = FUTEX_OWNER_DIED;
  outcome("owner died", futex(&word, FUTEX_LOCK_PI));
  CHECK(word == (self | FUTEX_OWNER_DIED));
  outcome("unlock it", futex(&word, FUTEX_UNLOCK_PI));
  outcome("odd address", futex(reinterpret_cast<char*>(&word) + 1, FUTEX_LOCK_PI));
  outcome("no memory", futex(reinterpret_cast<void*>(64), FUTEX_LOCK_PI));
  outcome("no memory, unlock", futex(reinterpret_cast<void*>(64), FUTEX_UNLOCK_PI));
}
