// SPDX-License-Identifier: Apache-2.0
//
// The guard page below a thread's stack ends the program when it is touched.
// sgxx-test: status 139

#include <pthread.h>

#include <cstdio>

#include "check.h"

static void* work(void*) {
  pthread_attr_t attributes;
  void* stack = nullptr;
  std::size_t size = 0, guard = 0;
  CHECK(pthread_getattr_np(pthread_self(), &attributes) == 0);
  CHECK(pthread_attr_getstack(&attributes, &stack, &size) == 0 && pthread_attr_getguardsize(&attributes, &guard) == 0);
  std::printf("guard %zu\n", guard);
  std::fflush(stdout);
  auto* lowest = static_cast<volatile char*>(stack);
  lowest[0] = 1;
  lowest[-1] = 1;
  std::puts("never");
  return nullptr;
}

int main() {
  pthread_t thread;
  CHECK(pthread_create(&thread, nullptr, work, nullptr) == 0);
  pthread_join(thread, nullptr);
}
