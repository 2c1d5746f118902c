// SPDX-License-Identifier: Apache-2.0
//
// clock_nanosleep on every clock that has it, relative and absolute: never early by that clock, and what is left when a signal
// ends it.

#include <pthread.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "check.h"

static std::int64_t read_clock(clockid_t id) {
  timespec now;
  CHECK(clock_gettime(id, &now) == 0);
  return now.tv_sec * 1000000000 + now.tv_nsec;
}

static timespec spec(std::int64_t time) { return {time / 1000000000, time % 1000000000}; }

static void sleep_on(clockid_t id) {
  for (std::int64_t pause : {0, 1000, 2000000, 15000000}) {
    std::int64_t start = read_clock(id);
    timespec duration = spec(pause);
    CHECK(clock_nanosleep(id, 0, &duration, nullptr) == 0);
    CHECK(read_clock(id) - start >= pause);
    start = read_clock(id);
    timespec deadline = spec(start + pause);
    CHECK(clock_nanosleep(id, TIMER_ABSTIME, &deadline, nullptr) == 0);
    CHECK(read_clock(id) >= start + pause);
  }
  timespec past = spec(1);
  CHECK(clock_nanosleep(id, TIMER_ABSTIME, &past, nullptr) == 0);
}

int main() {
  for (clockid_t id : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI}) sleep_on(id);

  std::atomic<bool> stop{false};
  std::thread worker([&] {
    while (!stop) {
    }
  });
  sleep_on(CLOCK_PROCESS_CPUTIME_ID);
  clockid_t theirs;
  CHECK(pthread_getcpuclockid(worker.native_handle(), &theirs) == 0);
  sleep_on(theirs);
  stop = true;
  worker.join();

  struct sigaction action {};
  action.sa_handler = [](int) {};
  CHECK(sigaction(SIGUSR1, &action, nullptr) == 0);
  const pthread_t main_thread = pthread_self();
  for (clockid_t id : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME, CLOCK_TAI}) {
    std::thread killer([main_thread] {
      usleep(30000);
      pthread_kill(main_thread, SIGUSR1);
    });
    timespec left{};
    const timespec long_time{100, 0};
    CHECK(clock_nanosleep(id, 0, &long_time, &left) == EINTR);
    CHECK(left.tv_sec >= 30 && left.tv_sec < 100);
    killer.join();
  }
  std::puts("never early");
}
