// SPDX-License-Identifier: Apache-2.0
//
// <stop_token>, std::jthread: joining by destructor, stop requests, callbacks, interruptible waits.

#include <atomic>
#include <condition_variable>
#include <iostream>
#include <mutex>
#include <stop_token>
#include <thread>

#include "check.h"

int main() {
  std::atomic<long> turns{0};
  {
    std::jthread worker([&turns](std::stop_token stop) {
      while (!stop.stop_requested()) ++turns;
    });
    while (turns < 1000) std::this_thread::yield();
  }
  CHECK(turns >= 1000);
  std::stop_source source;
  int called = 0;
  std::stop_callback first(source.get_token(), [&called] { ++called; });
  {
    std::stop_callback removed(source.get_token(), [&called] { called += 100; });
  }
  CHECK(source.request_stop() && !source.request_stop());
  std::stop_callback late(source.get_token(), [&called] { called += 10; });
  std::cout << called << '\n';
  std::mutex mutex;
  std::condition_variable_any condition;
  bool woken_by_stop = false;
  std::jthread waiter([&](std::stop_token stop) {
    std::unique_lock lock(mutex);
    woken_by_stop = !condition.wait(lock, stop, [] { return false; });
  });
  waiter.request_stop();
  waiter.join();
  std::cout << woken_by_stop << '\n';
}
