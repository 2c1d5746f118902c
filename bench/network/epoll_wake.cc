// SPDX-License-Identifier: Apache-2.0
//
// Two threads wake each other through epoll on the two ends of a TCP connection; one operation is there and back.

#include <sys/epoll.h>

#include <thread>

#include "network/loopback.h"

namespace {

long play(int socket, int rounds, bool begins) {
  const int epoll = epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  bench::require(epoll_ctl(epoll, EPOLL_CTL_ADD, socket, &event) == 0);
  char byte = 0;
  long passed = 0;
  if (begins) bench::require(write(socket, &byte, 1) == 1);
  for (int i = 0; i < rounds; ++i) {
    bench::require(epoll_wait(epoll, &event, 1, -1) == 1 && read(socket, &byte, 1) == 1);
    ++passed;
    if (!begins || i + 1 < rounds) bench::require(write(socket, &byte, 1) == 1);
  }
  close(epoll);
  return passed;
}

}  // namespace

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const bench::Pair pair(SOCK_STREAM);
  long passed = 0;
  bench::measure(rounds, [&] {
    std::thread other([&] { play(pair.other, rounds, false); });
    passed = play(pair.one, rounds, true);
    other.join();
  });
  std::printf("%ld\n", passed);
}
