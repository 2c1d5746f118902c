// SPDX-License-Identifier: Apache-2.0
//
// C's <threads.h>, which shares glibc's implementation.

#include <threads.h>

#include <cstdio>

#include "check.h"

static mtx_t mutex;
static cnd_t condition;
static int stage = 0;
static once_flag once = ONCE_FLAG_INIT;

static int work(void* argument) {
  call_once(&once, [] { std::puts("once"); });
  mtx_lock(&mutex);
  ++stage;
  cnd_signal(&condition);
  mtx_unlock(&mutex);
  return *static_cast<int*>(argument) * 2;
}

int main() {
  CHECK(mtx_init(&mutex, mtx_plain) == thrd_success && cnd_init(&condition) == thrd_success);
  thrd_t threads[2];
  int values[2] = {20, 1};
  for (int i = 0; i < 2; ++i) CHECK(thrd_create(&threads[i], work, &values[i]) == thrd_success);
  mtx_lock(&mutex);
  while (stage < 2) cnd_wait(&condition, &mutex);
  mtx_unlock(&mutex);
  int total = 0;
  for (auto& thread : threads) {
    int result = 0;
    CHECK(thrd_join(thread, &result) == thrd_success);
    total += result;
  }
  std::printf("%d\n", total);
}
