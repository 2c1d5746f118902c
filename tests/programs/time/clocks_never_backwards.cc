// SPDX-License-Identifier: Apache-2.0
//
// Every clock goes forwards only, and at a plausible pace.

#include <sys/time.h>
#include <time.h>

#include <chrono>
#include <cstdint>
#include <iostream>

#include "check.h"

static std::int64_t read_clock(clockid_t id) {
  timespec now;
  CHECK(clock_gettime(id, &now) == 0 && now.tv_nsec >= 0 && now.tv_nsec < 1000000000);
  return now.tv_sec * 1000000000 + now.tv_nsec;
}

int main() {
  for (clockid_t id : {CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_MONOTONIC_RAW, CLOCK_BOOTTIME, CLOCK_PROCESS_CPUTIME_ID,
                       CLOCK_THREAD_CPUTIME_ID, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE}) {
    std::int64_t last = read_clock(id);
    for (int i = 0; i < 20000; ++i) {
      const std::int64_t now = read_clock(id);
      CHECK(now >= last && now - last < 5'000'000'000);
      last = now;
    }
    timespec resolution{};
    CHECK(clock_getres(id, &resolution) == 0 && resolution.tv_sec == 0);
  }
  CHECK(std::chrono::steady_clock::is_steady);
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(20)) {
  }
  timeval day;
  CHECK(gettimeofday(&day, nullptr) == 0 && day.tv_sec > 1700000000);
  CHECK(std::abs(time(nullptr) - day.tv_sec) <= 1);
  CHECK(clock_gettime(12345, reinterpret_cast<timespec*>(&day)) == -1);
  std::cout << "forwards\n";
}
