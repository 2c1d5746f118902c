// SPDX-License-Identifier: Apache-2.0
//
// Clocks that do not exist, times that are none, pointers that lead nowhere, and setting the time: Linux's errors.

#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <initializer_list>

template <typename... Arguments>
static void show(const char* what, long number, Arguments... arguments) {
  errno = 0;
  const long result = syscall(number, arguments...);
  std::printf("%s: %s\n", what, result == -1 ? strerrorname_np(errno) : "ok");
}

int main() {
  timespec time{};
  timespec* const nowhere = reinterpret_cast<timespec*>(8);
  for (clockid_t id : {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 16, 1000, -1, -2, -5, -6}) {
    std::printf("%d\n", id);
    show(" gettime", SYS_clock_gettime, id, &time);
    show(" getres", SYS_clock_getres, id, &time);
  }
  show("gettime to nowhere", SYS_clock_gettime, CLOCK_MONOTONIC, nowhere);
  show("gettime of none to nowhere", SYS_clock_gettime, 1000, nowhere);
  show("getres of none to null", SYS_clock_getres, 1000, nullptr);
  show("getres to null", SYS_clock_getres, CLOCK_REALTIME, nullptr);
  show("getres to nowhere", SYS_clock_getres, CLOCK_REALTIME, nowhere);
  show("gettimeofday to nowhere", SYS_gettimeofday, nowhere, nullptr);
  show("gettimeofday to null", SYS_gettimeofday, nullptr, nullptr);
  show("time to nowhere", SYS_time, nowhere);

  const timespec wrong{0, 1'000'000'000}, negative{-1, 0}, zero{0, 0};
  for (const timespec* duration : {&wrong, &negative, &zero, static_cast<const timespec*>(nowhere)}) {
    show("nanosleep", SYS_nanosleep, duration, nullptr);
    for (clockid_t id : {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12}) {
      std::printf("%d", id);
      show(" clock_nanosleep", SYS_clock_nanosleep, id, 0, duration, nullptr);
    }
  }
  show("sleep on the own thread's time", SYS_clock_nanosleep, -2, 0, &zero, nullptr);
  show("sleep on the process's time", SYS_clock_nanosleep, -6, 0, &zero, nullptr);

  for (clockid_t id : {1, 2, 3, 4, 5, 6, 7, 11, 12, 1000}) {
    std::printf("%d", id);
    show(" clock_settime", SYS_clock_settime, id, &zero);
  }
  show("settime of the process's time", SYS_clock_settime, -6, &zero);
  show("settime from nowhere", SYS_clock_settime, CLOCK_REALTIME, nowhere);
  show("settime to no time", SYS_clock_settime, CLOCK_REALTIME, &wrong);
  show("settimeofday from nowhere", SYS_settimeofday, nowhere, nullptr);
  const timeval none{0, 1'000'000};
  show("settimeofday to no time", SYS_settimeofday, &none, nullptr);
}
