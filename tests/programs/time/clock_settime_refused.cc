// SPDX-License-Identifier: Apache-2.0
//
// Nobody inside may set the time. (A native run by root would do it, so it only says what it would have seen.)

#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

int main() {
  if (geteuid() == 0) return std::puts("refused"), 0;
  const timespec time{1'000'000'000, 0};
  const timeval day{1'000'000'000, 0};
  const bool refused =
      clock_settime(CLOCK_REALTIME, &time) == -1 && errno == EPERM && settimeofday(&day, nullptr) == -1 && errno == EPERM;
  std::puts(refused ? "refused" : "set");
}
