// SPDX-License-Identifier: Apache-2.0
//
// The main thread may leave by pthread_exit; the process lives until the last thread ends, with status 0.

#include <pthread.h>

#include <chrono>
#include <cstdio>
#include <thread>

int main() {
  std::thread([] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    std::puts("still here");
  }).detach();
  pthread_exit(nullptr);
}
