// SPDX-License-Identifier: Apache-2.0
//
// The processor time of the process and of each thread, by the ids that clock_getcpuclockid and pthread_getcpuclockid give.

#include <pthread.h>
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

static void work() {
  volatile double sink = 1;
  for (int i = 0; i < 10000000; ++i) sink = sink * 1.0000001;
}

int main() {
  clockid_t process, mine, other;
  CHECK(clock_getcpuclockid(0, &process) == 0 && clock_getcpuclockid(getpid(), &mine) == 0);
  CHECK(clock_getcpuclockid(999999999, &other) == ESRCH);
  const std::int64_t before = read_clock(process);
  CHECK(before < 2'000'000'000);
  work();
  CHECK(read_clock(process) > before && read_clock(mine) > before && read_clock(CLOCK_PROCESS_CPUTIME_ID) > before);

  CHECK(pthread_getcpuclockid(pthread_self(), &mine) == 0);
  CHECK(read_clock(mine) <= read_clock(CLOCK_THREAD_CPUTIME_ID));

  std::atomic<int> stage{0};
  std::int64_t at_start = 0;
  std::thread worker([&] {
    at_start = read_clock(CLOCK_THREAD_CPUTIME_ID);
    work();
    stage = 1;
    while (stage != 2) usleep(1000);
  });
  CHECK(pthread_getcpuclockid(worker.native_handle(), &other) == 0);
  while (stage != 1) usleep(1000);
  const std::int64_t theirs = read_clock(other);
  CHECK(theirs > at_start && at_start < 100'000'000);
  CHECK(read_clock(CLOCK_PROCESS_CPUTIME_ID) >= theirs);
  timespec resolution{};
  CHECK(clock_getres(other, &resolution) == 0 && resolution.tv_sec == 0 && resolution.tv_nsec == 1);
  stage = 2;
  worker.join();
  std::puts("each thread has its own time");
}
