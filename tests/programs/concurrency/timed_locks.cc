// SPDX-License-Identifier: Apache-2.0
//
// Every lock of POSIX that has a timed variant times out, not early, on both clocks, and works afterwards: mutexes of each kind,
// read-write locks of each preference, semaphores, condition variables.

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <initializer_list>
#include <thread>

#include "check.h"

using Clock = std::chrono::steady_clock;

static timespec soon(clockid_t clock) {
  timespec time{};
  CHECK(clock_gettime(clock, &time) == 0);
  time.tv_nsec += 20'000'000;
  time.tv_sec += time.tv_nsec / 1'000'000'000;
  time.tv_nsec %= 1'000'000'000;
  return time;
}

/// `wait` must give up with ETIMEDOUT, after its 20 ms.
template <class Wait>
static void times_out(const char* what, clockid_t clock, Wait wait) {
  const auto start = Clock::now();
  const timespec time = soon(clock);
  const int result = wait(&time);
  const bool early = Clock::now() - start < std::chrono::milliseconds(20);
  std::printf("%s, %s: %s%s\n", what, clock == CLOCK_REALTIME ? "realtime" : "monotonic",
              result == ETIMEDOUT ? "timed out" : "something else", early ? ", early" : "");
}

static int result_of(int result) { return result == 0 ? 0 : errno; }

static void mutexes() {
  for (int type : {PTHREAD_MUTEX_NORMAL, PTHREAD_MUTEX_RECURSIVE, PTHREAD_MUTEX_ERRORCHECK, PTHREAD_MUTEX_ADAPTIVE_NP}) {
    pthread_mutexattr_t attributes;
    pthread_mutex_t mutex;
    CHECK(pthread_mutexattr_init(&attributes) == 0 && pthread_mutexattr_settype(&attributes, type) == 0);
    CHECK(pthread_mutex_init(&mutex, &attributes) == 0 && pthread_mutex_lock(&mutex) == 0);
    std::thread([&] {
      times_out("mutex", CLOCK_REALTIME, [&](const timespec* time) { return pthread_mutex_timedlock(&mutex, time); });
      times_out("mutex", CLOCK_MONOTONIC,
                [&](const timespec* time) { return pthread_mutex_clocklock(&mutex, CLOCK_MONOTONIC, time); });
      CHECK(pthread_mutex_trylock(&mutex) == EBUSY);
    }).join();
    const timespec never{0, -1};
    if (type == PTHREAD_MUTEX_ERRORCHECK) CHECK(pthread_mutex_timedlock(&mutex, &never) == EDEADLK);
    CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_mutex_destroy(&mutex) == 0);
  }
}

static void read_write_locks() {
  for (int kind : {PTHREAD_RWLOCK_PREFER_READER_NP, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP}) {
    pthread_rwlockattr_t attributes;
    pthread_rwlock_t lock;
    CHECK(pthread_rwlockattr_init(&attributes) == 0 && pthread_rwlockattr_setkind_np(&attributes, kind) == 0);
    CHECK(pthread_rwlock_init(&lock, &attributes) == 0);
    const auto attempts = [&](bool written) {
      times_out("write", CLOCK_REALTIME, [&](const timespec* time) { return pthread_rwlock_timedwrlock(&lock, time); });
      times_out("write", CLOCK_MONOTONIC,
                [&](const timespec* time) { return pthread_rwlock_clockwrlock(&lock, CLOCK_MONOTONIC, time); });
      if (!written) {
        CHECK(pthread_rwlock_tryrdlock(&lock) == 0 && pthread_rwlock_unlock(&lock) == 0);
        return;
      }
      times_out("read", CLOCK_REALTIME, [&](const timespec* time) { return pthread_rwlock_timedrdlock(&lock, time); });
      times_out("read", CLOCK_MONOTONIC,
                [&](const timespec* time) { return pthread_rwlock_clockrdlock(&lock, CLOCK_MONOTONIC, time); });
      CHECK(pthread_rwlock_tryrdlock(&lock) == EBUSY && pthread_rwlock_trywrlock(&lock) == EBUSY);
    };
    CHECK(pthread_rwlock_wrlock(&lock) == 0 && pthread_rwlock_wrlock(&lock) == EDEADLK);
    std::thread(attempts, true).join();
    CHECK(pthread_rwlock_unlock(&lock) == 0 && pthread_rwlock_rdlock(&lock) == 0 && pthread_rwlock_rdlock(&lock) == 0);
    std::thread(attempts, false).join();
    CHECK(pthread_rwlock_unlock(&lock) == 0 && pthread_rwlock_unlock(&lock) == 0);
    CHECK(pthread_rwlock_trywrlock(&lock) == 0 && pthread_rwlock_unlock(&lock) == 0);
  }
}

static void semaphores() {
  sem_t semaphore;
  CHECK(sem_init(&semaphore, 0, 1) == 0 && sem_wait(&semaphore) == 0);
  CHECK(sem_trywait(&semaphore) == -1 && errno == EAGAIN);
  times_out("semaphore", CLOCK_REALTIME, [&](const timespec* time) { return result_of(sem_timedwait(&semaphore, time)); });
  times_out("semaphore", CLOCK_MONOTONIC,
            [&](const timespec* time) { return result_of(sem_clockwait(&semaphore, CLOCK_MONOTONIC, time)); });
  std::thread poster([&] {
    usleep(5000);
    CHECK(sem_post(&semaphore) == 0);
  });
  CHECK(sem_wait(&semaphore) == 0);
  poster.join();
  int value = -1;
  CHECK(sem_getvalue(&semaphore, &value) == 0 && value == 0 && sem_destroy(&semaphore) == 0);
  CHECK(sem_init(&semaphore, 0, SEM_VALUE_MAX) == 0 && sem_post(&semaphore) == -1 && errno == EOVERFLOW);
}

static void condition_variables() {
  for (clockid_t clock : {CLOCK_REALTIME, CLOCK_MONOTONIC}) {
    pthread_condattr_t attributes;
    pthread_cond_t condition;
    pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
    CHECK(pthread_condattr_init(&attributes) == 0 && pthread_condattr_setclock(&attributes, clock) == 0);
    CHECK(pthread_cond_init(&condition, &attributes) == 0 && pthread_mutex_lock(&mutex) == 0);
    times_out("condition", clock, [&](const timespec* time) { return pthread_cond_timedwait(&condition, &mutex, time); });
    CHECK(pthread_mutex_unlock(&mutex) == 0 && pthread_cond_destroy(&condition) == 0);
  }
}

int main() {
  mutexes();
  read_write_locks();
  semaphores();
  condition_variables();
}
