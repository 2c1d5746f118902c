// SPDX-License-Identifier: Apache-2.0
//
// How a benchmark program times itself: the answer goes to standard output, where the runner compares it between
// inside and outside, and the time goes to standard error as `nanoseconds N`, the mean of one operation.
#pragma once

#include <time.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace bench {

inline std::int64_t now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * std::int64_t{1000000000} + time.tv_nsec;
}

/// Runs `body` once and reports the time of each of its `count` operations.
template <typename Body>
void measure(std::int64_t count, Body body) {
  const std::int64_t start = now();
  body();
  const std::int64_t took = now() - start;
  std::fflush(stdout);
  std::fprintf(stderr, "nanoseconds %.2f\n", static_cast<double>(took) / static_cast<double>(count));
}

/// The program's first argument: how much to do. Some take a folder behind it.
inline int size_argument(int count, char** arguments) {
  const int size = count == 2 || count == 3 ? std::atoi(arguments[1]) : 0;
  if (size > 0) return size;
  std::fprintf(stderr, "usage: %s SIZE [FOLDER]\n", arguments[0]);
  std::exit(2);
}

}  // namespace bench
