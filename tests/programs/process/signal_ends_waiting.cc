// SPDX-License-Identifier: Apache-2.0
//
// A signal whose default is to end the program ends it also while the thread that it is sent to waits.
// sgxx-test: status 143

#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <thread>

int main() {
  std::atomic<bool> never{false};
  std::thread waiter([&] { never.wait(false); });
  usleep(20000);
  pthread_kill(waiter.native_handle(), SIGTERM);
  waiter.join();
}
