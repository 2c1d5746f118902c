// SPDX-License-Identifier: Apache-2.0
//
// A manifest that does not grant time: clocks and sleeps fail with EPERM. Outside they work. Waits with a timeout end in both:
// all that a program learns is that the host let it wait.
// sgxx-test: manifest host = ["streams", "network"]
// sgxx-test: enclave-stdout clock: refused
// sgxx-test: enclave-stdout sleep: refused
// sgxx-test: enclave-stdout futex: ends
// sgxx-test: enclave-stdout poll: ends
// sgxx-test: enclave-stdout time of datagrams: refused

#include <linux/futex.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

int main() {
  timespec now{};
  const bool clock_refused = clock_gettime(CLOCK_REALTIME, &now) == -1 && errno == EPERM;
  std::printf("clock: %s\n", clock_refused ? "refused" : "works");
  const timespec short_while{0, 1000};
  const bool sleep_refused = clock_nanosleep(CLOCK_MONOTONIC, 0, &short_while, nullptr) == EPERM;
  std::printf("sleep: %s\n", sleep_refused ? "refused" : "works");
  int word = 0;
  const bool futex_ended = syscall(SYS_futex, &word, FUTEX_WAIT, 0, &short_while) == -1 && errno == ETIMEDOUT;
  std::printf("futex: %s\n", futex_ended ? "ends" : "fails");
  std::printf("poll: %s\n", poll(nullptr, 0, 1) == 0 ? "ends" : "fails");
  const int socket = ::socket(AF_INET, SOCK_DGRAM, 0), on = 1;
  const bool refused = setsockopt(socket, SOL_SOCKET, SO_TIMESTAMP, &on, sizeof(on)) == -1 && errno == EPERM;
  std::printf("time of datagrams: %s\n", refused ? "refused" : "told");
}
