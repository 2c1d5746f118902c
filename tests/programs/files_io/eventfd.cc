// SPDX-License-Identifier: Apache-2.0
//
// eventfd: counting, semaphores, overflow, poll, threads.

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <thread>

#include "check.h"

int main() {
  const int counter = eventfd(3, EFD_NONBLOCK);
  CHECK(counter >= 0);
  eventfd_t value = 0;
  CHECK(eventfd_write(counter, 4) == 0 && eventfd_read(counter, &value) == 0);
  std::printf("3 + 4 = %llu\n", static_cast<unsigned long long>(value));
  CHECK(eventfd_read(counter, &value) == -1 && errno == EAGAIN);
  CHECK(eventfd_write(counter, UINT64_MAX - 1) == 0);
  CHECK(eventfd_write(counter, 1) == -1 && errno == EAGAIN);
  const std::uint64_t most = UINT64_MAX;
  CHECK(write(counter, &most, 8) == -1 && errno == EINVAL);
  CHECK(write(counter, &most, 4) == -1 && errno == EINVAL);
  pollfd entry{counter, POLLIN | POLLOUT, 0};
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLIN);
  CHECK(eventfd_read(counter, &value) == 0);
  CHECK(poll(&entry, 1, 0) == 1 && entry.revents == POLLOUT);
  close(counter);

  const int semaphore = eventfd(2, EFD_SEMAPHORE | EFD_NONBLOCK);
  CHECK(eventfd_read(semaphore, &value) == 0 && value == 1);
  CHECK(eventfd_read(semaphore, &value) == 0 && value == 1);
  CHECK(eventfd_read(semaphore, &value) == -1 && errno == EAGAIN);
  close(semaphore);

  const int blocking = eventfd(0, EFD_CLOEXEC);
  const int answer = eventfd(0, 0);
  std::thread partner([&] {
    for (int i = 0; i < 1000; ++i) {
      eventfd_t got = 0;
      CHECK(eventfd_read(blocking, &got) == 0);
      CHECK(eventfd_write(answer, got + 1) == 0);
    }
  });
  unsigned long long sum = 0;
  for (unsigned i = 1; i <= 1000; ++i) {
    CHECK(eventfd_write(blocking, i) == 0);
    CHECK(eventfd_read(answer, &value) == 0);
    sum += value;
  }
  partner.join();
  std::printf("1000 round trips, sum %llu\n", sum);
  CHECK(eventfd(0, 0x1000) == -1 && errno == EINVAL);
}
