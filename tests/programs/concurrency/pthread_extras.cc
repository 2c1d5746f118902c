// SPDX-License-Identifier: Apache-2.0
//
// Keys with destructors, read-write locks, spin locks, barriers, names and attributes of threads.

#include <pthread.h>

#include <atomic>
#include <cstdio>
#include <cstring>

#include "check.h"

namespace {
pthread_key_t key;
std::atomic<int> destroyed{0};
pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
pthread_spinlock_t spin;
pthread_barrier_t barrier;
long guarded = 0;

void destroy(void* value) {
  destroyed += static_cast<int>(reinterpret_cast<long>(value));
  if (value == reinterpret_cast<void*>(1)) pthread_setspecific(key, reinterpret_cast<void*>(10));
}

void* work(void*) {
  pthread_setspecific(key, reinterpret_cast<void*>(1));
  pthread_barrier_wait(&barrier);
  for (int i = 0; i < 3000; ++i) {
    pthread_spin_lock(&spin);
    ++guarded;
    pthread_spin_unlock(&spin);
    pthread_rwlock_rdlock(&rwlock);
    pthread_rwlock_unlock(&rwlock);
  }
  pthread_exit(nullptr);
}
}  // namespace

int main() {
  pthread_key_create(&key, destroy);
  pthread_spin_init(&spin, PTHREAD_PROCESS_PRIVATE);
  pthread_barrier_init(&barrier, nullptr, 4);
  pthread_t threads[3];
  for (auto& thread : threads) CHECK(pthread_create(&thread, nullptr, work, nullptr) == 0);
  pthread_barrier_wait(&barrier);
  for (auto& thread : threads) CHECK(pthread_join(thread, nullptr) == 0);
  std::printf("%d %ld\n", destroyed.load(), guarded);
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_ERRORCHECK);
  pthread_mutex_t mutex;
  pthread_mutex_init(&mutex, &attributes);
  CHECK(pthread_mutex_lock(&mutex) == 0 && pthread_mutex_lock(&mutex) == EDEADLK);
  CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_unlock(&mutex) == EPERM);
  CHECK(pthread_equal(pthread_self(), pthread_self()));
  std::puts("done");
}
