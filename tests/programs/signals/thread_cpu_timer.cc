// SPDX-License-Identifier: Apache-2.0
//
// Timers on the processor time of one thread: they come when that thread has worked, not when another one has, and not any more
// when it has ended.

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "check.h"

namespace {

std::atomic<int> came{0};

timer_t make(clockid_t clock) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer{};
  CHECK(timer_create(clock, &event, &timer) == 0);
  return timer;
}

void set(timer_t timer, long milliseconds) {
  const itimerspec setting{{0, 0}, {0, milliseconds * 1000000}};
  CHECK(timer_settime(timer, 0, &setting, nullptr) == 0);
}

long used(clockid_t clock) {
  timespec time{};
  CHECK(clock_gettime(clock, &time) == 0);
  return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

void work(long milliseconds) {
  const long begin = used(CLOCK_THREAD_CPUTIME_ID);
  while (used(CLOCK_THREAD_CPUTIME_ID) - begin < milliseconds) {
  }
}

}  // namespace

int main() {
  std::signal(SIGUSR1, [](int) { came.fetch_add(1); });
  const timer_t own = make(CLOCK_THREAD_CPUTIME_ID);
  set(own, 20);
  std::thread other([] { work(60); });
  other.join();
  CHECK(came == 0);  // the other one has worked, this one has not
  itimerspec left{};
  CHECK(timer_gettime(own, &left) == 0 && left.it_value.tv_nsec > 0);
  const long begin = used(CLOCK_THREAD_CPUTIME_ID);
  while (came == 0) CHECK(used(CLOCK_THREAD_CPUTIME_ID) - begin < 10000);
  std::puts("its own");

  std::atomic<int> stage{0};
  std::thread measured([&stage] {
    stage = 1;
    while (stage == 1) usleep(1000);
    while (came == 1) work(1);
    stage = 3;
    while (stage == 3) usleep(1000);
  });
  while (stage == 0) usleep(1000);
  clockid_t clock{};
  CHECK(pthread_getcpuclockid(measured.native_handle(), &clock) == 0);
  const timer_t of_other = make(clock);
  set(of_other, 20);
  stage = 2;
  while (stage == 2) usleep(1000);
  CHECK(came == 2);
  std::puts("another thread's");

  set(of_other, 500);
  stage = 4;
  measured.join();
  std::thread next([] { work(30); });  // perhaps in the place of the one that has ended
  next.join();
  CHECK(came == 2 && timer_delete(of_other) == 0 && timer_delete(own) == 0);
  std::puts("gone with its thread");
}
