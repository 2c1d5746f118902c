// SPDX-License-Identifier: Apache-2.0
//
// Every way to sleep lasts at least as long as asked, and absolute deadlines in the past return at once.

#include <poll.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <iostream>
#include <thread>

#include "check.h"

using Clock = std::chrono::steady_clock;

template <typename Function>
static void at_least(std::chrono::microseconds wanted, Function function) {
  const auto start = Clock::now();
  function();
  const auto took = Clock::now() - start;
  CHECK(took >= wanted);
  CHECK(took < wanted + std::chrono::seconds(20));
}

int main() {
  using namespace std::chrono_literals;
  for (auto pause : {0us, 1us, 100us, 3000us, 30000us}) {
    at_least(pause, [=] { std::this_thread::sleep_for(pause); });
    at_least(pause, [=] { std::this_thread::sleep_until(Clock::now() + pause); });
    at_least(pause, [=] { usleep(static_cast<useconds_t>(pause.count())); });
    at_least(pause, [=] {
      timespec deadline;
      clock_gettime(CLOCK_MONOTONIC, &deadline);
      deadline.tv_nsec += pause.count() * 1000;
      if (deadline.tv_nsec >= 1000000000) {
        ++deadline.tv_sec;
        deadline.tv_nsec -= 1000000000;
      }
      CHECK(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &deadline, nullptr) == 0);
    });
  }
  std::this_thread::sleep_until(Clock::now() - 1h);
  std::this_thread::sleep_until(std::chrono::system_clock::now() - 1h);
  at_least(1s, [] { CHECK(sleep(1) == 0); });
  const timespec wrong{0, 2000000000};
  CHECK(nanosleep(&wrong, nullptr) == -1 && errno == EINVAL);
  at_least(5ms, [] { CHECK(poll(nullptr, 0, 5) == 0); });
  std::cout << "never early\n";
}
