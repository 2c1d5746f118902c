// SPDX-License-Identifier: Apache-2.0
//
// timer_create and its kin on each clock: by signal with a value, to one thread, by a thread of its own, by nothing; absolute
// times, overruns, the errors.

#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <thread>

#include "check.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

static std::atomic<int> count{0}, value{0}, overrun{0};
static std::atomic<pid_t> taker{0};

static itimerspec after(long first, long then) { return {{0, then}, {0, first}}; }

static timer_t make(clockid_t clock, int number, int payload) {
  sigevent event{};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = number;
  event.sigev_value.sival_int = payload;
  timer_t timer;
  CHECK(timer_create(clock, &event, &timer) == 0);
  return timer;
}

static void wait_for(int wanted) {
  while (count < wanted) usleep(500);
}

static void clocks() {
  for (clockid_t clock : (const clockid_t[]){CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME}) {
    const timer_t timer = make(clock, SIGRTMIN + 2, 42 + clock);
    count = 0;
    auto start = Clock::now();
    itimerspec time = after(20'000'000, 0), left{};
    CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec > 0 && left.it_value.tv_nsec <= 20'000'000);
    wait_for(1);
    CHECK(Clock::now() - start >= milliseconds(20) && value == 42 + clock && overrun == 0);
    CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_sec == 0 && left.it_value.tv_nsec == 0);
    // Absolute, then one that is over already.
    start = Clock::now();
    CHECK(clock_gettime(clock, &time.it_value) == 0);
    time.it_value.tv_nsec += 20'000'000;
    time.it_value.tv_sec += time.it_value.tv_nsec / 1'000'000'000;
    time.it_value.tv_nsec %= 1'000'000'000;
    CHECK(timer_settime(timer, TIMER_ABSTIME, &time, nullptr) == 0);
    wait_for(2);
    CHECK(Clock::now() - start >= milliseconds(20));
    time.it_value = {1, 0};
    CHECK(timer_settime(timer, TIMER_ABSTIME, &time, nullptr) == 0);
    wait_for(3);
    time = after(2'000'000, 2'000'000);
    CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
    wait_for(10);
    time = after(0, 0);
    CHECK(timer_settime(timer, 0, &time, &left) == 0 && left.it_interval.tv_nsec == 2'000'000);
    CHECK(timer_delete(timer) == 0);
    std::printf("clock %d\n", clock);
  }
  const timer_t timer = make(CLOCK_PROCESS_CPUTIME_ID, SIGRTMIN + 2, 1);
  count = 0;
  const itimerspec time = after(20'000'000, 0);
  const auto start = Clock::now();
  CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
  while (count == 0) {
  }
  CHECK(Clock::now() - start >= milliseconds(20) && timer_delete(timer) == 0);
  std::puts("processor time");
}

static void overruns() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGRTMIN + 2);
  CHECK(sigprocmask(SIG_BLOCK, &set, nullptr) == 0);
  const timer_t timer = make(CLOCK_MONOTONIC, SIGRTMIN + 2, 5);
  count = 0;
  const itimerspec time = after(1'000'000, 1'000'000), none{};
  const auto start = Clock::now();
  CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
  usleep(50'000);
  siginfo_t info{};
  long expirations = 0;
  for (int i = 0; i < 5; ++i) {
    CHECK(sigwaitinfo(&set, &info) == SIGRTMIN + 2 && info.si_code == SI_TIMER && info.si_value.sival_int == 5);
    CHECK(timer_getoverrun(timer) == info.si_overrun);
    expirations += 1 + info.si_overrun;
  }
  const auto passed = Clock::now() - start;
  CHECK(timer_settime(timer, 0, &none, nullptr) == 0);
  CHECK(expirations >= 30 && milliseconds(expirations) <= passed);
  CHECK(timer_delete(timer) == 0);
  const timespec zero{};
  while (sigtimedwait(&set, &info, &zero) > 0) {
  }
  CHECK(sigprocmask(SIG_UNBLOCK, &set, nullptr) == 0);
  std::puts("overruns are counted");
}

static void to_one_thread() {
  std::atomic<bool> stop{false};
  std::atomic<pid_t> tid{0};
  std::thread target([&] {
    tid = gettid();
    while (!stop) usleep(1000);
  });
  while (tid == 0) usleep(100);
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = SIGRTMIN + 2;
  event.sigev_notify_thread_id = tid;
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  for (int i = 1; i <= 5; ++i) {
    count = 0;
    const itimerspec time = after(1'000'000, 0);
    CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
    wait_for(1);
    CHECK(taker == tid);
  }
  stop = true;
  target.join();
  // Its thread is gone: the timer runs into the void.
  const itimerspec time = after(1'000'000, 0);
  CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
  usleep(5000);
  CHECK(timer_delete(timer) == 0);
  event.sigev_notify_thread_id = 0x3fffffff;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == -1 && errno == EINVAL);
  std::puts("to one thread");
}

static void by_thread() {
  static std::atomic<int> runs{0};
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD;
  event.sigev_value.sival_int = 77;
  event.sigev_notify_function = [](sigval payload) {
    CHECK(payload.sival_int == 77);
    ++runs;
  };
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  const itimerspec time = after(2'000'000, 5'000'000);
  CHECK(timer_settime(timer, 0, &time, nullptr) == 0);
  while (runs < 5) usleep(1000);
  CHECK(timer_delete(timer) == 0);
  std::puts("by a thread of its own");
}

static void by_nothing() {
  sigevent event{};
  event.sigev_notify = SIGEV_NONE;
  timer_t timer;
  CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
  itimerspec time = after(5'000'000, 0), left{};
  CHECK(timer_settime(timer, 0, &time, nullptr) == 0 && timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec > 0);
  usleep(10'000);
  CHECK(timer_gettime(timer, &left) == 0 && left.it_value.tv_nsec == 0);
  CHECK(timer_delete(timer) == 0);
  std::puts("by nothing");
}

static void errors() {
  const auto kernel = [](clockid_t clock, const void* event, void* timer) {
    return syscall(SYS_timer_create, clock, event, timer);
  };
  int id = -1;
  itimerspec time = after(1, 0);
  CHECK(kernel(99, nullptr, &id) == -1 && errno == EINVAL);
  CHECK(kernel(CLOCK_MONOTONIC_COARSE, nullptr, &id) == -1 && errno == EOPNOTSUPP);
  CHECK(kernel(CLOCK_MONOTONIC, reinterpret_cast<void*>(8), &id) == -1 && errno == EFAULT);
  CHECK(kernel(CLOCK_MONOTONIC, nullptr, reinterpret_cast<void*>(8)) == -1 && errno == EFAULT);
  sigevent event{};
  event.sigev_signo = 65;
  CHECK(kernel(CLOCK_MONOTONIC, &event, &id) == -1 && errno == EINVAL);
  event.sigev_signo = SIGUSR1;
  event.sigev_notify = 99;
  CHECK(kernel(CLOCK_MONOTONIC, &event, &id) == -1 && errno == EINVAL);
  CHECK(kernel(CLOCK_MONOTONIC, nullptr, &id) == 0 && id >= 0);
  CHECK(syscall(SYS_timer_settime, id, 0, nullptr, nullptr) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_timer_settime, id, 0, 8, nullptr) == -1 && errno == EFAULT);
  CHECK(syscall(SYS_timer_gettime, id, 8) == -1 && errno == EFAULT);
  time.it_value.tv_nsec = 1'000'000'000;
  CHECK(syscall(SYS_timer_settime, id, 0, &time, nullptr) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_timer_getoverrun, id) == 0);
  CHECK(syscall(SYS_timer_delete, id) == 0);
  CHECK(syscall(SYS_timer_delete, id) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_timer_gettime, id, &time) == -1 && errno == EINVAL);
  CHECK(syscall(SYS_timer_getoverrun, 1000) == -1 && errno == EINVAL);
  std::puts("errors");
}

int main() {
  struct sigaction action {};
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    CHECK(info->si_code == SI_TIMER);
    value = info->si_value.sival_int;
    overrun = info->si_overrun;
    taker = gettid();
    ++count;
  };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGRTMIN + 2, &action, nullptr) == 0);
  clocks();
  overruns();
  to_one_thread();
  by_thread();
  by_nothing();
  errors();
}
