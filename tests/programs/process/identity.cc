// SPDX-License-Identifier: Apache-2.0
//
// Process, thread and user numbers are constant and consistent; the main thread's number is the process's.

#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <thread>

#include "check.h"

int main() {
  CHECK(getpid() > 0 && getpid() == getpid());
  CHECK(gettid() == getpid() && syscall(SYS_gettid) == gettid());
  pid_t other = 0;
  std::thread([&other] { other = gettid(); }).join();
  CHECK(other > 0 && other != getpid());
  CHECK(getuid() == geteuid() && getgid() == getegid());
  CHECK(getppid() >= 0);
  std::puts("done");
}
