// SPDX-License-Identifier: Apache-2.0
//
// <atomic>: lock-free operations of every width, 16 bytes through libatomic, floating point, atomic_ref.
// sgxx-test: flags -latomic -mcx16

#include <atomic>
#include <cstdint>
#include <iostream>
#include <thread>
#include <vector>

#include "check.h"

struct Pair {
  std::uint64_t first, second;
};

int main() {
  std::atomic<std::uint8_t> byte{0};
  std::atomic<std::uint16_t> half{0};
  std::atomic<std::uint64_t> word{0};
  std::atomic<double> real{0};
  std::atomic<Pair> pair{Pair{0, 0}};
  std::atomic_flag flag = ATOMIC_FLAG_INIT;
  alignas(8) long plain = 0;
  long guarded = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 5000; ++i) {
        byte.fetch_add(3, std::memory_order_relaxed);
        half ^= 0x1234;
        word += 7;
        real.fetch_add(0.5);
        std::atomic_ref(plain).fetch_add(1);
        Pair old = pair.load();
        while (!pair.compare_exchange_weak(old, Pair{old.first + 1, old.second + 2})) {
        }
        while (flag.test_and_set(std::memory_order_acquire)) std::this_thread::yield();
        ++guarded;
        flag.clear(std::memory_order_release);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const Pair last = pair;
  std::cout << +byte << ' ' << half << ' ' << word << ' ' << real << ' ' << plain << ' ' << last.first << ' ' << last.second
            << ' ' << guarded << ' ' << word.is_lock_free() << '\n';
}
