// SPDX-License-Identifier: Apache-2.0
//
// pthread_cancel, deferred and asynchronous: in calls that wait, in a computation, disabled and enabled again; clean-up handlers
// and destructors run.

#include <pthread.h>
#include <semaphore.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <mutex>

#include "check.h"

static std::atomic<int> ready{0}, cleaned{0}, destroyed{0};
static sem_t semaphore;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t condition = PTHREAD_COND_INITIALIZER;

struct Witness {
  ~Witness() { ++destroyed; }
};

static void clean(void*) { ++cleaned; }

template <void (*wait)()>
static void* run(void*) {
  pthread_cleanup_push(clean, nullptr);
  Witness witness;
  ready = 1;
  for (;;) wait();
  pthread_cleanup_pop(0);
}

static void wait_nanosleep() {
  const timespec time{1000, 0};
  nanosleep(&time, nullptr);
}
static void wait_clock_nanosleep() {
  const timespec time{1000, 0};
  clock_nanosleep(CLOCK_MONOTONIC, 0, &time, nullptr);
}
static void wait_pause() { pause(); }
static void wait_semaphore() { sem_wait(&semaphore); }
static void wait_condition() {
  pthread_mutex_lock(&mutex);
  pthread_cond_wait(&condition, &mutex);
  pthread_mutex_unlock(&mutex);
}
static void wait_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  siginfo_t info;
  sigwaitinfo(&set, &info);
}
static void test_cancel() { pthread_testcancel(); }
// Not inlined: an asynchronous cancellation unwinds from any instruction, and only calls have a place to clean up.
[[gnu::noinline]] static void compute() {
  static volatile unsigned long sum;
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
  for (unsigned long i = 0;; ++i) sum = sum + i;
}
[[gnu::noinline]] static void sleep_asynchronously() {
  pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, nullptr);
  for (;;) usleep(1'000'000);
}
static void disabled_for_a_while() {
  static std::atomic<int> ended{0};
  pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
  for (int i = 0; i < 30; ++i) usleep(1000);
  ++ended;
  pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
  pthread_testcancel();
}

static void check(const char* name, void* (*function)(void*), bool late) {
  for (int round = 0; round < 5; ++round) {
    ready = cleaned = destroyed = 0;
    pthread_t thread;
    CHECK(pthread_create(&thread, nullptr, function, nullptr) == 0);
    while (ready == 0) usleep(200);
    if (late) usleep(3000);
    CHECK(pthread_cancel(thread) == 0);
    void* result = nullptr;
    CHECK(pthread_join(thread, &result) == 0);
    CHECK(result == PTHREAD_CANCELED && cleaned == 1 && destroyed == 1);
    if (function == run<wait_condition>) pthread_mutex_unlock(&mutex);  // a cancelled wait holds it again
  }
  std::printf("%s: cancelled\n", name);
}

int main() {
  CHECK(sem_init(&semaphore, 0, 0) == 0);
  for (bool late : {true, false}) {
    check("nanosleep", run<wait_nanosleep>, late);
    check("clock_nanosleep", run<wait_clock_nanosleep>, late);
    check("pause", run<wait_pause>, late);
    check("sem_wait", run<wait_semaphore>, late);
    check("pthread_cond_wait", run<wait_condition>, late);
    check("sigwaitinfo", run<wait_signal>, late);
    check("pthread_testcancel", run<test_cancel>, late);
    check("a computation", run<compute>, late);
    check("asynchronously asleep", run<sleep_asynchronously>, late);
    check("disabled", run<disabled_for_a_while>, late);
  }
}
