// SPDX-License-Identifier: Apache-2.0
//
// setitimer and alarm: once, again and again, not early, replaced and stopped; they end pause and interrupt a computation; the
// timers of processor time run while the processor does.

#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>

#include "check.h"

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

static volatile sig_atomic_t alarms, virtual_alarms, profiles;
static Clock::time_point last;

static itimerval every(long first, long then) {
  return {{then / 1'000'000, then % 1'000'000}, {first / 1'000'000, first % 1'000'000}};
}

static bool stopped(int which) {
  itimerval now{};
  CHECK(getitimer(which, &now) == 0);
  return now.it_value.tv_sec == 0 && now.it_value.tv_usec == 0;
}

static void real() {
  auto start = Clock::now();
  itimerval time = every(30'000, 0), old{};
  CHECK(setitimer(ITIMER_REAL, &time, nullptr) == 0);
  CHECK(pause() == -1 && errno == EINTR && alarms == 1);
  CHECK(last - start >= milliseconds(30) && stopped(ITIMER_REAL));
  std::puts("once");

  // While the program computes and makes no system call.
  start = Clock::now();
  CHECK(setitimer(ITIMER_REAL, &time, nullptr) == 0);
  while (alarms == 1) {
  }
  CHECK(last - start >= milliseconds(30));
  std::puts("interrupts a computation");

  alarms = 0;
  start = Clock::now();
  time = every(10'000, 5'000);
  CHECK(setitimer(ITIMER_REAL, &time, nullptr) == 0);
  while (alarms < 10) pause();
  CHECK(last - start >= milliseconds(10 + 9 * 5));
  time = every(1'000'000'000, 7'000);
  CHECK(setitimer(ITIMER_REAL, &time, &old) == 0);
  CHECK(old.it_interval.tv_usec == 5000 && old.it_value.tv_usec <= 5000);
  CHECK(getitimer(ITIMER_REAL, &old) == 0);
  CHECK(old.it_value.tv_sec > 990 && old.it_value.tv_sec <= 1000 && old.it_interval.tv_usec == 7000);
  CHECK(setitimer(ITIMER_REAL, nullptr, &old) == 0 && stopped(ITIMER_REAL));
  alarms = 0;
  usleep(20'000);
  CHECK(alarms == 0);
  std::puts("again and again, then never");

  CHECK(alarm(1000) == 0);
  const unsigned left = alarm(1);
  start = Clock::now();
  CHECK(left >= 999 && left <= 1000);
  CHECK(sleep(100) >= 98 && alarms == 1);
  CHECK(Clock::now() - start >= milliseconds(990));
  CHECK(alarm(50) == 0 && alarm(0) == 50 && stopped(ITIMER_REAL));
  std::puts("alarm");
}

static void processor() {
  for (int which : (const int[]){ITIMER_VIRTUAL, ITIMER_PROF}) {
    volatile sig_atomic_t& count = which == ITIMER_VIRTUAL ? virtual_alarms : profiles;
    const itimerval time = every(20'000, 10'000), none{};
    CHECK(setitimer(which, &time, nullptr) == 0);
    const auto start = Clock::now();
    while (count < 5) {
    }
    CHECK(Clock::now() - start >= milliseconds(20 + 4 * 10));
    CHECK(setitimer(which, &none, nullptr) == 0 && stopped(which));
    std::printf("%s\n", which == ITIMER_VIRTUAL ? "virtual" : "profile");
  }
}

static void errors() {
  itimerval time{};
  CHECK(setitimer(static_cast<__itimer_which>(3), &time, nullptr) == -1 && errno == EINVAL);
  CHECK(getitimer(static_cast<__itimer_which>(3), &time) == -1 && errno == EINVAL);
  time.it_value.tv_usec = 1'000'000;
  CHECK(setitimer(ITIMER_REAL, &time, nullptr) == -1 && errno == EINVAL);
  time.it_value = {-1, 0};
  CHECK(setitimer(ITIMER_REAL, &time, nullptr) == -1 && errno == EINVAL);
  CHECK(setitimer(ITIMER_REAL, reinterpret_cast<itimerval*>(8), nullptr) == -1 && errno == EFAULT);
  CHECK(getitimer(ITIMER_REAL, reinterpret_cast<itimerval*>(8)) == -1 && errno == EFAULT);
  std::puts("errors");
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = [](int number, siginfo_t* info, void*) {
    CHECK(info->si_signo == number && info->si_code == SI_KERNEL);
    last = Clock::now();
    volatile sig_atomic_t& count = number == SIGALRM ? alarms : number == SIGVTALRM ? virtual_alarms : profiles;
    count = count + 1;
  };
  action.sa_flags = SA_SIGINFO;
  for (int number : (const int[]){SIGALRM, SIGVTALRM, SIGPROF}) CHECK(sigaction(number, &action, nullptr) == 0);
  real();
  processor();
  errors();
}
