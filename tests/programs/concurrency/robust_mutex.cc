// SPDX-License-Identifier: Apache-2.0
//
// A robust mutex tells the next owner that the last one ended while holding it.

#include <pthread.h>

#include <cerrno>
#include <cstdio>

#include "check.h"

static pthread_mutex_t mutex;

int main() {
  pthread_mutexattr_t attributes;
  CHECK(pthread_mutexattr_init(&attributes) == 0);
  CHECK(pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST) == 0);
  CHECK(pthread_mutex_init(&mutex, &attributes) == 0);
  pthread_t owner;
  const auto lock = [](void*) -> void* {
    pthread_mutex_lock(&mutex);
    return nullptr;
  };
  CHECK(pthread_create(&owner, nullptr, lock, nullptr) == 0);
  CHECK(pthread_join(owner, nullptr) == 0);
  std::printf("owner died: %d\n", pthread_mutex_lock(&mutex) == EOWNERDEAD);
  std::printf("consistent: %d\n", pthread_mutex_consistent(&mutex));
  std::printf("unlocked: %d\n", pthread_mutex_unlock(&mutex));
  std::printf("locked: %d\n", pthread_mutex_lock(&mutex));
}
