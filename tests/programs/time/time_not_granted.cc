// SPDX-License-Identifier: Apache-2.0
//
// A manifest that does not grant time: clocks and sleeps fail with EPERM. Outside they work.
// sgxx-test: manifest host = ["streams"]
// sgxx-test: enclave-stdout clock: refused
// sgxx-test: enclave-stdout sleep: refused

#include <time.h>

#include <cerrno>
#include <cstdio>

int main() {
  timespec now{};
  const bool clock_refused = clock_gettime(CLOCK_REALTIME, &now) == -1 && errno == EPERM;
  std::printf("clock: %s\n", clock_refused ? "refused" : "works");
  const timespec short_while{0, 1000};
  const bool sleep_refused = clock_nanosleep(CLOCK_MONOTONIC, 0, &short_while, nullptr) == EPERM;
  std::printf("sleep: %s\n", sleep_refused ? "refused" : "works");
}
