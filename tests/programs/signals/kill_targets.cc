// SPDX-License-Identifier: Apache-2.0
//
// Whom kill, killpg, tgkill and sigqueue reach, and their errors. The signal is one that does nothing to whoever else is in the
// process group.

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

static std::atomic<int> handled{0};

static void outcome(const char* what, long result) {
  std::printf("%s: %ld%s, handled %d\n", what, result,
              result >= 0       ? ""
              : errno == ESRCH  ? " ESRCH"
              : errno == EINVAL ? " EINVAL"
              : errno == EFAULT ? " EFAULT"
                                : " other",
              handled.exchange(0));
}

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) { ++handled; };
  CHECK(sigaction(SIGURG, &action, nullptr) == 0);
  const pid_t self = getpid();
  outcome("kill itself", kill(self, SIGURG));
  outcome("kill the group", kill(0, SIGURG));
  outcome("killpg 0", killpg(0, SIGURG));
  outcome("killpg by number", killpg(getpgrp(), SIGURG));
  outcome("kill the negative group", kill(-getpgrp(), SIGURG));
  outcome("kill, number 0", kill(self, 0));
  outcome("killpg, number 0", killpg(0, 0));
  outcome("raise", raise(SIGURG));
  outcome("tgkill", syscall(SYS_tgkill, self, gettid(), SIGURG));
  outcome("tkill", syscall(SYS_tkill, gettid(), SIGURG));
  outcome("tgkill, number 0", syscall(SYS_tgkill, self, gettid(), 0));

  outcome("nobody", kill(0x3fffffff, SIGURG));
  outcome("no group", kill(-0x3fffffff, SIGURG));
  outcome("number 65", kill(self, 65));
  outcome("number -1", kill(self, -1));
  outcome("tgkill, number 65", syscall(SYS_tgkill, self, gettid(), 65));
  outcome("tgkill of another process", syscall(SYS_tgkill, 0x3fffffff, gettid(), SIGURG));
  outcome("tgkill of no thread", syscall(SYS_tgkill, self, 0x3fffffff, SIGURG));
  outcome("tgkill of thread 0", syscall(SYS_tgkill, self, 0, SIGURG));
  outcome("tgkill of process -1", syscall(SYS_tgkill, -1, gettid(), SIGURG));
  outcome("tkill of thread -1", syscall(SYS_tkill, -1, SIGURG));
  union sigval payload {};
  outcome("sigqueue to nobody", sigqueue(0x3fffffff, SIGURG, payload));
  outcome("sigqueue, number 65", sigqueue(self, 65, payload));
  outcome("sigqueue without information", syscall(SYS_rt_sigqueueinfo, self, SIGURG, 1));

  std::atomic<pid_t> tid{0};
  std::thread([&] { tid = gettid(); }).join();
  // The thread may still be on its way out.
  while (syscall(SYS_tgkill, self, tid.load(), 0) == 0) usleep(1000);
  outcome("a thread that has ended", syscall(SYS_tgkill, self, tid.load(), SIGURG));
}
