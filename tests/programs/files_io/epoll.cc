// SPDX-License-Identifier: Apache-2.0
//
// epoll over files of the process's own: level and edge triggered, one-shot, modification, closed files, nesting, errors.

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "check.h"

namespace {

int wait_now(int epoll, epoll_event* events, int most = 8) { return epoll_wait(epoll, events, most, 0); }

void change(int epoll, int operation, int descriptor, unsigned events, unsigned long long data) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = data;
  CHECK(epoll_ctl(epoll, operation, descriptor, &event) == 0);
}

}  // namespace

int main() {
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  CHECK(epoll >= 0);
  int ends[2];
  CHECK(pipe(ends) == 0);
  epoll_event events[8];

  change(epoll, EPOLL_CTL_ADD, ends[0], EPOLLIN, 11);
  change(epoll, EPOLL_CTL_ADD, ends[1], EPOLLOUT | EPOLLET, 22);
  CHECK(wait_now(epoll, events) == 1 && events[0].data.u64 == 22 && events[0].events == EPOLLOUT);
  CHECK(wait_now(epoll, events) == 0);  // the edge is over
  CHECK(write(ends[1], "ab", 2) == 2);
  int level = 0;
  for (int i = 0; i < 3; ++i) level += wait_now(epoll, events) >= 1 && events[0].data.u64 == 11;
  std::printf("level triggered: %d of 3\n", level);
  char bytes[2];
  CHECK(read(ends[0], bytes, 2) == 2);

  change(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN | EPOLLONESHOT, 33);
  CHECK(write(ends[1], "c", 1) == 1);
  int found = 0;
  for (int i = 0; i < 3; ++i) {
    const int count = wait_now(epoll, events);
    for (int k = 0; k < count; ++k) found += events[k].data.u64 == 33;
  }
  std::printf("one-shot: %d of 3\n", found);
  change(epoll, EPOLL_CTL_MOD, ends[0], EPOLLIN, 44);
  const int again = wait_now(epoll, events);
  CHECK(again >= 1 && events[0].data.u64 == 44);

  epoll_event event{};
  event.events = EPOLLIN;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, ends[0], &event) == -1 && errno == EEXIST);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, epoll, &event) == -1 && errno == EINVAL);
  const int stranger = eventfd(0, 0);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_MOD, stranger, &event) == -1 && errno == ENOENT);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, stranger, &event) == -1 && errno == ENOENT);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, 999, &event) == -1 && errno == EBADF);
  CHECK(epoll_ctl(ends[0], EPOLL_CTL_ADD, ends[1], &event) == -1 && errno == EINVAL);
  CHECK(epoll_wait(epoll, events, 0, 0) == -1 && errno == EINVAL);

  const int outer = epoll_create1(0);
  change(outer, EPOLL_CTL_ADD, epoll, EPOLLIN, 55);
  CHECK(wait_now(outer, events) == 1 && events[0].data.u64 == 55);
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, outer, &event) == -1 && errno == ELOOP);
  CHECK(read(ends[0], bytes, 1) == 1);
  CHECK(wait_now(outer, events) == 0);
  close(outer);

  CHECK(epoll_ctl(epoll, EPOLL_CTL_DEL, ends[1], nullptr) == 0);
  close(ends[1]);
  CHECK(wait_now(epoll, events) == 1 && events[0].events == EPOLLHUP);
  close(ends[0]);  // the last descriptor: the interest goes with it
  CHECK(wait_now(epoll, events) == 0);

  const int ping = eventfd(0, EFD_NONBLOCK), pong = eventfd(0, EFD_NONBLOCK);
  change(epoll, EPOLL_CTL_ADD, pong, EPOLLIN, 66);
  std::thread partner([&] {
    const int own = epoll_create1(0);
    change(own, EPOLL_CTL_ADD, ping, EPOLLIN | EPOLLET, 1);
    for (int i = 0; i < 200; ++i) {
      epoll_event one{};
      CHECK(epoll_wait(own, &one, 1, -1) == 1);
      eventfd_t value = 0;
      CHECK(eventfd_read(ping, &value) == 0);
      CHECK(eventfd_write(pong, value) == 0);
    }
    close(own);
  });
  unsigned long long sum = 0;
  for (int i = 1; i <= 200; ++i) {
    CHECK(eventfd_write(ping, static_cast<eventfd_t>(i)) == 0);
    CHECK(epoll_wait(epoll, events, 8, -1) == 1 && events[0].data.u64 == 66);
    eventfd_t value = 0;
    CHECK(eventfd_read(pong, &value) == 0);
    sum += value;
  }
  partner.join();
  std::printf("200 wake-ups, sum %llu\n", sum);
}
