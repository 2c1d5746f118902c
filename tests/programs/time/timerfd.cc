// SPDX-License-Identifier: Apache-2.0
//
// Timers as files: never early, expirations counted, by read, poll and epoll, level- and edge-triggered; errors.

#include <poll.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "check.h"

namespace {

constexpr long kMillisecond = 1'000'000;

int64_t now(clockid_t clock = CLOCK_MONOTONIC) {
  timespec time{};
  clock_gettime(clock, &time);
  return time.tv_sec * 1'000'000'000LL + time.tv_nsec;
}

itimerspec after(long nanoseconds, long interval = 0) {
  return {{interval / 1'000'000'000, interval % 1'000'000'000}, {nanoseconds / 1'000'000'000, nanoseconds % 1'000'000'000}};
}

uint64_t take(int timer) {
  uint64_t count = 0;
  const ssize_t length = read(timer, &count, sizeof(count));
  CHECK(length == sizeof(count) || (length == -1 && errno == EAGAIN));
  return count;
}

void blocking() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  const int64_t begin = now();
  itimerspec setting = after(20 * kMillisecond, 10 * kMillisecond), before{};
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == 0);
  CHECK(take(timer) >= 1 && now() - begin >= 20 * kMillisecond);
  uint64_t total = 1;
  while (total < 5) total += take(timer);
  CHECK(now() - begin >= (20 + 10 * static_cast<long>(total - 1)) * kMillisecond);
  usleep(35000);
  CHECK(take(timer) >= 3);
  const itimerspec off{};
  CHECK(timerfd_settime(timer, 0, &off, &before) == 0);
  CHECK(before.it_interval.tv_nsec == 10 * kMillisecond && before.it_value.tv_nsec <= 10 * kMillisecond);
  CHECK(timerfd_gettime(timer, &before) == 0 && before.it_value.tv_sec == 0 && before.it_value.tv_nsec == 0);
  pollfd entry{timer, POLLIN, 0};
  CHECK(poll(&entry, 1, 20) == 0);
  close(timer);
  std::puts("blocking");
}

void absolute() {
  const int timer = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);
  const int64_t end = now(CLOCK_REALTIME) + 20 * kMillisecond;
  itimerspec setting = after(end);
  CHECK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, nullptr) == 0);
  CHECK(take(timer) == 0);
  pollfd entry{timer, POLLIN, 0};
  CHECK(poll(&entry, 1, 10000) == 1 && entry.revents == POLLIN && now(CLOCK_REALTIME) >= end);
  CHECK(take(timer) == 1 && take(timer) == 0);
  setting = after(kMillisecond);  // long past
  CHECK(timerfd_settime(timer, TFD_TIMER_ABSTIME, &setting, nullptr) == 0);
  CHECK(poll(&entry, 1, 10000) == 1 && take(timer) == 1);
  close(timer);
  std::puts("absolute");
}

void with_epoll(uint32_t trigger) {
  const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK), epoll = epoll_create1(0), outer = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN | trigger;
  event.data.u64 = 7;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, timer, &event) == 0);
  event.events = EPOLLIN;
  CHECK(epoll_ctl(outer, EPOLL_CTL_ADD, epoll, &event) == 0);
  CHECK(epoll_wait(epoll, &event, 1, 0) == 0);
  const int64_t begin = now();
  itimerspec setting = after(10 * kMillisecond, 10 * kMillisecond);
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == 0);
  for (int i = 1; i <= 3; ++i) {
    CHECK(epoll_wait(epoll, &event, 1, 10000) == 1 && event.events == EPOLLIN && event.data.u64 == 7);
    CHECK(now() - begin >= i * 10 * kMillisecond);
    CHECK(epoll_wait(epoll, &event, 1, 0) == (trigger == 0 ? 1 : 0));
    if (trigger != 0) CHECK(epoll_wait(epoll, &event, 1, 30) == 0);  // one event until it is read
    CHECK(take(timer) >= 1);
  }
  if (trigger == 0) {
    CHECK(epoll_wait(outer, &event, 1, 10000) == 1);
    pollfd entry{outer, POLLIN, 0};
    CHECK(poll(&entry, 1, 10000) == 1);
  }
  // Set while another thread waits.
  const itimerspec off{};
  CHECK(timerfd_settime(timer, 0, &off, nullptr) == 0);
  take(timer);
  while (epoll_wait(epoll, &event, 1, 0) == 1) take(timer);
  std::thread waiter([epoll] {
    epoll_event got{};
    CHECK(epoll_wait(epoll, &got, 1, 10000) == 1);
  });
  usleep(20000);
  setting = after(5 * kMillisecond);
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == 0);
  waiter.join();
  close(outer);
  close(epoll);
  close(timer);
  std::printf("epoll %s\n", trigger == 0 ? "level" : "edge");
}

void errors() {
  CHECK(timerfd_create(99, 0) == -1 && errno == EINVAL);
  CHECK(timerfd_create(CLOCK_PROCESS_CPUTIME_ID, 0) == -1 && errno == EINVAL);
  CHECK(timerfd_create(CLOCK_MONOTONIC, 3) == -1 && errno == EINVAL);
  const int timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK);
  itimerspec setting = after(1);
  setting.it_value.tv_nsec = 1'000'000'000;
  CHECK(timerfd_settime(timer, 0, &setting, nullptr) == -1 && errno == EINVAL);
  setting = after(1);
  CHECK(timerfd_settime(timer, 99, &setting, nullptr) == -1 && errno == EINVAL);
  CHECK(timerfd_settime(0, 0, &setting, nullptr) == -1 && errno == EINVAL);
  CHECK(timerfd_settime(777, 0, &setting, nullptr) == -1 && errno == EBADF);
  CHECK(timerfd_gettime(timer, reinterpret_cast<itimerspec*>(8)) == -1 && errno == EFAULT);
  char small[4];
  CHECK(read(timer, small, sizeof(small)) == -1 && errno == EINVAL);
  CHECK(write(timer, small, sizeof(small)) == -1 && errno == EINVAL);
  close(timer);
  std::puts("errors");
}

}  // namespace

int main() {
  blocking();
  absolute();
  with_epoll(0);
  with_epoll(EPOLLET);
  errors();
}
