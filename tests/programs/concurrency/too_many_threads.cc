// SPDX-License-Identifier: Apache-2.0
//
// Where no further thread can be had, std::thread throws std::system_error with EAGAIN; the
// threads that exist go on, and after they have ended there is room again. Outside, an address
// space limit stands in for the enclave's number of threads.
// sgxx-test: manifest threads = 8

#include <sys/resource.h>

#include <atomic>
#include <iostream>
#include <system_error>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  const rlimit limit{512 << 20, 512 << 20};
  setrlimit(RLIMIT_AS, &limit);
  for (int round = 0; round < 3; ++round) {
    std::atomic<bool> stop{false};
    std::vector<std::thread> threads;
    threads.reserve(2000);
    bool refused = false;
    while (!refused && threads.size() < 2000) {
      try {
        threads.emplace_back([&stop] { stop.wait(false); });
      } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::resource_unavailable_try_again);
        refused = true;
      }
    }
    CHECK(refused && threads.size() >= 6);
    stop = true;
    stop.notify_all();
    for (auto& thread : threads) thread.join();
    std::cout << "refused with EAGAIN, all others joined\n";
  }
}
