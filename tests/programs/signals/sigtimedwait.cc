// SPDX-License-Identifier: Apache-2.0
//
// sigtimedwait: at once, after a while, from another thread, for the process, until the time is over, ended by a handler.

#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

static std::atomic<int> handled{0};

static void outcome(const char* what, int result) {
  std::printf("%s: %d%s\n", what, result, result >= 0 ? "" : errno == EAGAIN ? " EAGAIN" : errno == EINTR ? " EINTR" : " other");
}

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) { ++handled; };
  action.sa_flags = SA_RESTART;
  CHECK(sigaction(SIGUSR2, &action, nullptr) == 0);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGCHLD);  // ignored by default, but blocked, so it waits
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  siginfo_t info{};

  timespec time{0, 30'000'000};
  const auto start = Clock::now();
  outcome("time is over", sigtimedwait(&set, &info, &time));
  CHECK(Clock::now() - start >= milliseconds(30));

  CHECK(kill(getpid(), SIGCHLD) == 0);
  outcome("waiting already", sigtimedwait(&set, &info, &time));

  const pthread_t self = pthread_self();
  std::thread other([&] {
    usleep(20'000);
    pthread_kill(self, SIGUSR1);
    usleep(20'000);
    kill(getpid(), SIGUSR1);
    usleep(20'000);
    pthread_kill(self, SIGUSR2);
  });
  outcome("to the thread", sigwaitinfo(&set, &info));
  CHECK(info.si_code == SI_USER && info.si_pid == getpid());  // as the C library tells it
  outcome("to the process", sigwaitinfo(&set, &info));
  CHECK(info.si_code == SI_USER);
  // A handler ends the wait, with SA_RESTART too.
  outcome("a handler", sigwaitinfo(&set, &info));
  CHECK(handled == 1);
  other.join();

  time.tv_nsec = 1'000'000'000;
  CHECK(sigtimedwait(&set, &info, &time) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_rt_sigtimedwait, &set, &info, nullptr, 4) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_rt_sigtimedwait, 1, &info, nullptr, 8) == -1 && errno == EFAULT);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  CHECK(syscall(SYS_rt_sigtimedwait, &set, 1, nullptr, 8) == -1 && errno == EFAULT);
  std::puts("errors as expected");
}
