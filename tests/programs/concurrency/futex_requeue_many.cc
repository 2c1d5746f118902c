// SPDX-License-Identifier: Apache-2.0
//
// FUTEX_CMP_REQUEUE with far more waiters than a handful: so many are woken, the others move, and none is lost.
// sgxx-test: manifest threads = 256

#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>

#include "check.h"

static constexpr int kThreads = 200;
static std::atomic<std::uint32_t> from{0}, to{0};
static std::atomic<int> ready{0}, woken{0};

static long futex(std::atomic<std::uint32_t>& word, int operation, long value, long value2, std::atomic<std::uint32_t>* target,
                  long value3) {
  return syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, value, value2, target, value3);
}

static void* wait(void*) {
  ++ready;
  CHECK(futex(from, FUTEX_WAIT, 0, 0, nullptr, 0) == 0);
  ++woken;
  return nullptr;
}

static void wait_for(const std::atomic<int>& value, int wanted) {
  while (value != wanted) usleep(1000);
}

int main() {
  pthread_attr_t attributes;
  CHECK(pthread_attr_init(&attributes) == 0 && pthread_attr_setstacksize(&attributes, 64 * 1024) == 0);
  static pthread_t threads[kThreads];
  for (pthread_t& thread : threads) CHECK(pthread_create(&thread, &attributes, wait, nullptr) == 0);
  wait_for(ready, kThreads);
  usleep(200'000);
  std::printf("other value: %ld\n", futex(from, FUTEX_CMP_REQUEUE, 1, 1, &to, 7));
  std::printf("woken and moved: %ld\n", futex(from, FUTEX_CMP_REQUEUE, 100, 60, &to, 0));
  wait_for(woken, 100);
  std::printf("moved: %ld\n", futex(from, FUTEX_REQUEUE, 0, 10, &to, 0));
  std::printf("left: %ld\n", futex(from, FUTEX_WAKE, 1000, 0, nullptr, 0));
  std::printf("there: %ld\n", futex(to, FUTEX_WAKE, 50, 0, nullptr, 0));
  std::printf("there: %ld\n", futex(to, FUTEX_WAKE, 1000, 0, nullptr, 0));
  for (pthread_t thread : threads) CHECK(pthread_join(thread, nullptr) == 0);
  std::printf("all: %d\n", woken.load());
}
