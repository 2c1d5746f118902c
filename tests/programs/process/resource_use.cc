// SPDX-License-Identifier: Apache-2.0
//
// What a program may ask about its own use of the machine: getrusage, times, sysinfo, and their errors.

#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/times.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "check.h"

template <typename... Arguments>
static void show(const char* what, long number, Arguments... arguments) {
  errno = 0;
  const long result = syscall(number, arguments...);
  std::printf("%s: %s\n", what, result == -1 ? strerrorname_np(errno) : "ok");
}

static double seconds(const timeval& time) { return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6; }

static double used(int who) {
  rusage usage{};
  CHECK(getrusage(who, &usage) == 0 && usage.ru_utime.tv_usec < 1000000 && usage.ru_stime.tv_usec < 1000000);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int main() {
  const double process = used(RUSAGE_SELF), thread = used(RUSAGE_THREAD);
  volatile double sink = 1;
  for (int i = 0; i < 30000000; ++i) sink = sink * 1.0000001;
  CHECK(used(RUSAGE_SELF) > process && used(RUSAGE_THREAD) > thread);
  CHECK(used(RUSAGE_SELF) < 1000 && used(RUSAGE_CHILDREN) == 0);

  tms ticks{};
  const clock_t before = times(&ticks);
  CHECK(ticks.tms_utime + ticks.tms_stime >= 0 && ticks.tms_cutime == 0 && ticks.tms_cstime == 0);
  usleep(30000);
  CHECK(times(nullptr) > before);

  struct sysinfo information {};
  CHECK(sysinfo(&information) == 0 && information.totalram >= information.freeram && information.mem_unit >= 1);
  CHECK(information.procs >= 1 && information.uptime > 0);

  rusage usage{};
  show("usage of nobody", SYS_getrusage, 7, &usage);
  show("usage to nowhere", SYS_getrusage, RUSAGE_SELF, 8);
  show("times to nowhere", SYS_times, 8);
  show("sysinfo to nowhere", SYS_sysinfo, 8);
}
