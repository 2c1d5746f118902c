// SPDX-License-Identifier: Apache-2.0
//
// futex_waitv: a thread that sleeps on several words at a time is woken by any of them, told which, and gone from all of them.

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <thread>
#include <vector>

#include "check.h"

namespace {

constexpr size_t kWords = 128;
std::array<std::atomic<unsigned>, kWords + 1> words;

std::vector<futex_waitv> waited(size_t count, unsigned flags = FUTEX_32 | FUTEX_PRIVATE_FLAG) {
  std::vector<futex_waitv> vector(count);
  for (size_t i = 0; i < count; ++i) vector[i] = {words[i].load(), reinterpret_cast<uintptr_t>(&words[i]), flags, 0};
  return vector;
}

long wait(const std::vector<futex_waitv>& vector, const timespec* until = nullptr, int clock = CLOCK_MONOTONIC,
          unsigned flags = 0) {
  return syscall(SYS_futex_waitv, vector.data(), vector.size(), flags, until, clock);
}

long wake(size_t index, int count = 100) {
  return syscall(SYS_futex, &words[index], FUTEX_WAKE_PRIVATE, count, nullptr, nullptr, 0);
}

/// To another word; how many.
long move(size_t from, size_t to) { return syscall(SYS_futex, &words[from], FUTEX_CMP_REQUEUE_PRIVATE, 0, 100, &words[to], 0); }

void show(const char* what, long result) {
  std::printf("%s: %ld %s\n", what, result, result == -1 ? strerrorname_np(errno) : "");
}

timespec soon(int clock) {
  timespec time{};
  clock_gettime(clock, &time);
  time.tv_nsec += 2'000'000;
  if (time.tv_nsec >= 1'000'000'000) time.tv_nsec -= 1'000'000'000, ++time.tv_sec;
  return time;
}

void errors() {
  const timespec past{0, 0}, wrong{0, -1}, monotonic = soon(CLOCK_MONOTONIC), realtime = soon(CLOCK_REALTIME);
  auto vector = waited(3);
  show("time", wait(vector, &monotonic));
  show("realtime", wait(vector, &realtime, CLOCK_REALTIME));
  show("past", wait(vector, &past));
  show("no time", wait(vector, &wrong));
  show("another clock", wait(vector, &past, CLOCK_BOOTTIME));
  show("another clock without a time", wait(vector, nullptr, CLOCK_BOOTTIME, 1));
  show("none", wait({}));
  show("too many", wait(waited(kWords + 1)));
  show("nowhere", syscall(SYS_futex_waitv, 8, 3, 0, nullptr, CLOCK_MONOTONIC));
  show("null", syscall(SYS_futex_waitv, nullptr, 3, 0, nullptr, CLOCK_MONOTONIC));
  vector[2].val = 9;
  show("another value", wait(vector));
  vector[2].val = 1ull << 32;
  show("a wide value", wait(vector));
  vector = waited(3);
  vector[1].uaddr += 1;
  show("not aligned", wait(vector));
  vector[1].uaddr = 16;
  show("not there", wait(vector));
  vector = waited(3);
  vector[1].__reserved = 1;
  show("reserved", wait(vector));
  show("no size", wait(waited(3, FUTEX_PRIVATE_FLAG)));
  show("unknown flags", wait(waited(3, FUTEX_32 | 64)));
  for (size_t i = 0; i < kWords; ++i) CHECK(wake(i) == 0);
}

/// Which one woke it, for the first, the last, one in between, and one word twice.
void woken() {
  for (const size_t index : {size_t{0}, size_t{77}, kWords - 1}) {
    std::thread other([index] {
      while (wake(index) == 0) std::this_thread::yield();
    });
    show("woken", wait(waited(kWords)));
    other.join();
    for (size_t i = 0; i < kWords; ++i) CHECK(wake(i) == 0);
  }
  auto vector = waited(2);
  vector[1].uaddr = vector[0].uaddr;
  std::thread other([] {
    while (move(0, 0) != 2) std::this_thread::yield();  // it counts those that wait
    CHECK(wake(0, 2) == 2);
  });
  show("twice", wait(vector));
  other.join();
}

/// Moved to another word by a requeue, a waiter is still known.
void moved() {
  std::thread other([] {
    while (move(3, kWords) == 0) std::this_thread::yield();
    while (wake(kWords) == 0) std::this_thread::yield();
  });
  show("moved", wait(waited(5)));
  other.join();
}

void interrupted() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigaction(SIGUSR1, &action, nullptr);
  const pthread_t self = pthread_self();
  std::atomic<bool> stop = false;
  std::thread other([&] {
    while (!stop) pthread_kill(self, SIGUSR1), usleep(1000);
  });
  show("interrupted", wait(waited(2)));
  stop = true;
  other.join();
}

/// Tokens that many threads take from many words: each comes once.
void crowd() {
  constexpr unsigned kThreads = 4, kTokens = 3000, kUsed = 5;
  std::atomic<unsigned> taken = 0;
  for (size_t i = 0; i < kUsed; ++i) words[i] = 0;
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < kThreads; ++t)
    threads.emplace_back([&] {
      while (taken < kTokens) {
        bool found = false;
        for (size_t i = 0; i < kUsed; ++i) {
          unsigned there = words[i];
          while (there != 0 && !words[i].compare_exchange_weak(there, there - 1)) {
          }
          if (there != 0) ++taken, found = true;
        }
        auto vector = waited(kUsed);
        for (auto& one : vector) one.val = 0;
        const timespec until = soon(CLOCK_MONOTONIC);
        if (!found) CHECK(wait(vector, &until) >= 0 || errno == EAGAIN || errno == ETIMEDOUT);
      }
    });
  for (unsigned i = 0; i < kTokens; ++i) {
    ++words[i % kUsed];
    wake(i % kUsed, 1);
  }
  for (std::thread& thread : threads) thread.join();
  std::printf("taken %u\n", taken.load());
}

}  // namespace

int main() {
  errors();
  woken();
  moved();
  interrupted();
  crowd();
}
