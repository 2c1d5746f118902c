// SPDX-License-Identifier: Apache-2.0
//
// A function-local static is constructed once however many threads race to it, and a
// constructor that throws is tried again by the next thread.

#include <atomic>
#include <iostream>
#include <stdexcept>
#include <thread>
#include <vector>

#include "check.h"

namespace {

std::atomic<int> attempts{0};
std::atomic<int> successes{0};

struct Reluctant {
  Reluctant() {
    std::this_thread::yield();
    if (attempts.fetch_add(1) < 3) throw std::runtime_error("not yet");
    value = 1000 + successes.fetch_add(1);
  }
  int value;
};

int shared_value() {
  static Reluctant instance;
  return instance.value;
}

}  // namespace

int main() {
  std::atomic<int> caught{0};
  std::atomic<bool> go{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 6; ++i) {
    threads.emplace_back([&] {
      while (!go) std::this_thread::yield();
      for (;;) {
        try {
          CHECK(shared_value() == 1000);
          return;
        } catch (const std::runtime_error&) {
          ++caught;
        }
      }
    });
  }
  go = true;
  for (auto& thread : threads) thread.join();
  std::cout << "attempts " << attempts << ", successes " << successes << ", caught " << caught << '\n';
}
