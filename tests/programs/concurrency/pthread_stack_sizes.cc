// SPDX-License-Identifier: Apache-2.0
//
// Threads with stacks of 16 KiB run and make system calls; a stack of the program's own is used as given.

#include <pthread.h>
#include <unistd.h>

#include <climits>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "check.h"

static void* work(void* argument) {
  char local[1024];
  const auto range = static_cast<std::uintptr_t*>(argument);
  const auto here = reinterpret_cast<std::uintptr_t>(local);
  CHECK(range[0] == 0 || (here > range[0] && here < range[1]));
  CHECK(std::snprintf(local, sizeof local, "%d", getpid()) > 0);
  return reinterpret_cast<void*>(here % 4096 == 1 ? 0L : 7L);
}

int main() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstacksize(&attributes, 16384) == 0);
  CHECK(pthread_attr_setguardsize(&attributes, 4096) == 0);
  std::uintptr_t range[2] = {0, 0};
  void* result = nullptr;
  for (int i = 0; i < 50; ++i) {
    pthread_t thread;
    CHECK(pthread_create(&thread, &attributes, work, range) == 0);
    CHECK(pthread_join(thread, &result) == 0 && result);
  }
  constexpr std::size_t kSize = 65536;
  void* stack = std::aligned_alloc(4096, kSize);
  range[0] = reinterpret_cast<std::uintptr_t>(stack);
  range[1] = range[0] + kSize;
  CHECK(pthread_attr_setstack(&attributes, stack, kSize) == 0);
  pthread_t thread;
  CHECK(pthread_create(&thread, &attributes, work, range) == 0);
  CHECK(pthread_join(thread, &result) == 0 && result);
  std::puts("done");
}
