// SPDX-License-Identifier: Apache-2.0
//
// Signals that are read instead of delivered: by read, poll and epoll, with their details, from other threads; errors.

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <thread>

#include "check.h"

int main() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  sigaddset(&set, SIGRTMIN + 2);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  const int file = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  CHECK(file >= 0);
  signalfd_siginfo info[4] = {};
  CHECK(read(file, info, sizeof(info)) == -1 && errno == EAGAIN);
  CHECK(raise(SIGUSR1) == 0);
  CHECK(sigqueue(getpid(), SIGRTMIN + 2, {11}) == 0 && sigqueue(getpid(), SIGRTMIN + 2, {12}) == 0);
  pollfd entry{file, POLLIN, 0};
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN);
  CHECK(read(file, info, sizeof(info)) == 3 * sizeof(info[0]));
  CHECK(info[0].ssi_pid == static_cast<uint32_t>(getpid()) && info[0].ssi_uid == getuid());
  for (int i = 0; i < 3; ++i) {
    std::printf("%u %d %d\n", info[i].ssi_signo == SIGUSR1 ? 1 : info[i].ssi_signo - SIGRTMIN, info[i].ssi_code,
                i == 0 ? 0 : info[i].ssi_int);
  }
  CHECK(poll(&entry, 1, 0) == 0);

  // A blocked read, a poll and an epoll that wait for another thread's signal.
  const int blocking = signalfd(-1, &set, 0), epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, file, &event) == 0);
  for (int way = 0; way < 3; ++way) {
    std::thread sender([] {
      usleep(20000);
      CHECK(kill(getpid(), SIGUSR1) == 0);
    });
    if (way == 1) CHECK(poll(&entry, 1, 10000) == 1);
    if (way == 2) CHECK(epoll_wait(epoll, &event, 1, 10000) == 1 && event.events == EPOLLIN);
    CHECK(read(way == 0 ? blocking : file, info, sizeof(info[0])) == sizeof(info[0]) && info[0].ssi_signo == SIGUSR1);
    sender.join();
  }
  std::puts("woken by another thread");

  sigset_t other;
  sigemptyset(&other);
  sigaddset(&other, SIGUSR2);
  CHECK(pthread_sigmask(SIG_BLOCK, &other, nullptr) == 0);
  CHECK(signalfd(file, &other, 0) == file);
  CHECK(raise(SIGUSR1) == 0 && read(file, info, sizeof(info)) == -1 && errno == EAGAIN);
  CHECK(raise(SIGUSR2) == 0 && read(file, info, sizeof(info)) == sizeof(info[0]) && info[0].ssi_signo == SIGUSR2);
  CHECK(signalfd(0, &other, 0) == -1 && errno == EINVAL);
  CHECK(signalfd(999, &other, 0) == -1 && errno == EBADF);
  CHECK(signalfd(-1, &other, 3) == -1 && errno == EINVAL);
  CHECK(read(file, info, 8) == -1 && errno == EINVAL);
  CHECK(write(file, info, sizeof(info)) == -1 && errno == EINVAL);
  std::puts("errors");
}
