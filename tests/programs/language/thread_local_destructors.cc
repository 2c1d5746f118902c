// SPDX-License-Identifier: Apache-2.0
//
// thread_local objects live once per thread, are built on first use, and are destroyed
// in reverse order when their thread ends, before join() returns.

#include <atomic>
#include <iostream>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

namespace {

std::mutex lock;
std::vector<std::string> log;
std::atomic<int> alive{0};

void note(const std::string& text) {
  std::lock_guard guard(lock);
  log.push_back(text);
}

struct Noisy {
  explicit Noisy(const char* name) : name_(name) { ++alive; }
  ~Noisy() {
    note(std::string("destroy ") + name_);
    --alive;
  }
  const char* name_;
  int uses = 0;
};

thread_local Noisy outer("outer");
thread_local Noisy inner("inner");
thread_local int plain = 41;
thread_local char big[20000];

}  // namespace

int main() {
  std::thread([] {
    outer.uses++;
    inner.uses++;
    note("working " + std::to_string(++plain));
  }).join();
  for (const auto& line : log) std::cout << line << '\n';
  CHECK(alive == 0 && plain == 41);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([i] {
      for (char& c : big) {
        CHECK(c == 0);
        c = static_cast<char>(i + 1);
      }
      std::this_thread::yield();
      for (char c : big) CHECK(c == i + 1);
    });
  }
  for (auto& thread : threads) thread.join();
  std::cout << "done\n";
}
