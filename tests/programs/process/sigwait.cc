// SPDX-License-Identifier: Apache-2.0
//
// sigwait and sigtimedwait take a blocked signal without a handler; kill on oneself reaches them.

#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <thread>

#include "check.h"

int main() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR1);
  CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
  CHECK(kill(getpid(), SIGUSR1) == 0);
  int number = 0;
  CHECK(sigwait(&set, &number) == 0 && number == SIGUSR1);
  const timespec soon{0, 3000000};
  CHECK(sigtimedwait(&set, nullptr, &soon) == -1 && errno == EAGAIN);
  std::thread sender([main = pthread_self()] {
    usleep(3000);
    pthread_kill(main, SIGUSR1);
  });
  CHECK(sigwait(&set, &number) == 0);
  sender.join();
  std::printf("%d\n", number == SIGUSR1);
}
