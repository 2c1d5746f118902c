// SPDX-License-Identifier: Apache-2.0
//
// Cancellation unwinds a thread's stack through destructors and cleanup handlers, even out of a wait.

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <cstdio>
#include <initializer_list>

#include "check.h"

static int destroyed = 0;
static sem_t ready;

struct Guard {
  ~Guard() { ++destroyed; }
};

static void* work(void*) {
  Guard guard;
  sem_post(&ready);
  for (;;) sleep(1000);
  return nullptr;
}

static void* compute(void*) {
  Guard guard;
  sem_post(&ready);
  for (;;) pthread_testcancel();
  return nullptr;
}

int main() {
  sem_init(&ready, 0, 0);
  for (auto* function : {work, compute}) {
    pthread_t thread;
    CHECK(pthread_create(&thread, nullptr, function, nullptr) == 0);
    while (sem_wait(&ready) != 0) {
    }
    CHECK(pthread_cancel(thread) == 0);
    void* result = nullptr;
    CHECK(pthread_join(thread, &result) == 0 && result == PTHREAD_CANCELED);
  }
  std::printf("destroyed %d\n", destroyed);
}
