// SPDX-License-Identifier: Apache-2.0
//
// Process and thread CPU clocks and std::clock advance with work.

#include <time.h>

#include <cstdio>
#include <ctime>

#include "check.h"

static double seconds(clockid_t id) {
  timespec now;
  CHECK(clock_gettime(id, &now) == 0);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

int main() {
  const double process = seconds(CLOCK_PROCESS_CPUTIME_ID), thread = seconds(CLOCK_THREAD_CPUTIME_ID);
  const std::clock_t start = std::clock();
  volatile double sink = 1;
  for (int i = 0; i < 30000000; ++i) sink = sink * 1.0000001;
  CHECK(seconds(CLOCK_PROCESS_CPUTIME_ID) > process && seconds(CLOCK_THREAD_CPUTIME_ID) > thread && std::clock() > start);
  std::puts("advance");
}
