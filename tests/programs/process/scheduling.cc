// SPDX-License-Identifier: Apache-2.0
//
// Every thread is SCHED_OTHER with priority 0; the errors of the calls that would change that. (What needs privileges is left
// out: a native run may have them.)

#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <initializer_list>

#include "check.h"

template <typename... Arguments>
static void show(const char* what, long number, Arguments... arguments) {
  errno = 0;
  const long result = syscall(number, arguments...);
  std::printf("%s: %ld %s\n", what, result, result == -1 ? strerrorname_np(errno) : "");
}

int main() {
  int priority = 0, high = 100, negative = -1, one = 1;
  for (int policy : {-1, 0, 1, 2, 3, 4, 5, 6, 99}) {
    std::printf("%d\n", policy);
    show(" max", SYS_sched_get_priority_max, policy);
    show(" min", SYS_sched_get_priority_min, policy);
  }
  for (long id : {0L, static_cast<long>(-1), 99999999L}) {
    show("getscheduler", SYS_sched_getscheduler, id);
    show("getparam", SYS_sched_getparam, id, &priority);
    show("setparam", SYS_sched_setparam, id, &priority);
    show("setscheduler", SYS_sched_setscheduler, id, SCHED_OTHER, &priority);
  }
  show("getscheduler", SYS_sched_getscheduler, syscall(SYS_gettid));
  show("getparam to null", SYS_sched_getparam, 0, nullptr);
  show("getparam to nowhere", SYS_sched_getparam, 0, 8);
  show("setparam from null", SYS_sched_setparam, 0, nullptr);
  show("setparam from nowhere", SYS_sched_setparam, 0, 8);
  show("setparam to 1", SYS_sched_setparam, 0, &one);
  show("no policy", SYS_sched_setscheduler, 0, 99, &priority);
  show("negative policy", SYS_sched_setscheduler, 0, -1, &priority);
  show("other, 1", SYS_sched_setscheduler, 0, SCHED_OTHER, &one);
  show("fifo, 0", SYS_sched_setscheduler, 0, SCHED_FIFO, &priority);
  show("fifo, 100", SYS_sched_setscheduler, 0, SCHED_FIFO, &high);
  show("fifo, -1", SYS_sched_setscheduler, 0, SCHED_FIFO, &negative);

  cpu_set_t processors, none;
  CPU_ZERO(&none);
  CHECK(sched_getaffinity(0, sizeof(processors), &processors) == 0 && CPU_COUNT(&processors) >= 1);
  CHECK(sched_setaffinity(0, sizeof(processors), &processors) == 0);
  CHECK(sched_setaffinity(0, sizeof(none), &none) == -1 && errno == EINVAL);
  CHECK(sched_getaffinity(99999999, sizeof(processors), &processors) == -1 && errno == ESRCH);
  CHECK(sched_setaffinity(99999999, sizeof(processors), &processors) == -1 && errno == ESRCH);
  show("short mask", SYS_sched_getaffinity, 0, 3, &processors);
  show("mask to nowhere", SYS_sched_getaffinity, 0, sizeof(processors), 8);
  show("mask from nowhere", SYS_sched_setaffinity, 0, sizeof(processors), 8);
  const int cpu = sched_getcpu();
  CHECK(cpu >= 0 && cpu < CPU_SETSIZE);
  show("cpu to nowhere", SYS_getcpu, 8, nullptr, nullptr);
  CHECK(sched_yield() == 0);
}
