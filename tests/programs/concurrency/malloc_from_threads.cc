// SPDX-License-Identifier: Apache-2.0
//
// Memory allocated by one thread and freed by another keeps its contents until then.

#include <atomic>
#include <cstdio>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "check.h"

struct Block {
  std::size_t size;
  unsigned char fill;
  std::unique_ptr<unsigned char[]> bytes;
};

int main() {
  std::atomic<Block*> slots[64] = {};
  std::atomic<long> checked{0};
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      unsigned state = t + 1;
      for (int i = 0; i < 15000; ++i) {
        state = state * 1664525u + 1013904223u;
        auto* block =
            new Block{(state >> 8) % (i % 100 == 0 ? 200000 : 600) + 1, static_cast<unsigned char>(state >> 24), nullptr};
        block->bytes = std::make_unique<unsigned char[]>(block->size);
        std::memset(block->bytes.get(), block->fill, block->size);
        std::unique_ptr<Block> old(slots[state >> 26].exchange(block));
        if (old) {
          CHECK(old->bytes[0] == old->fill && old->bytes[old->size - 1] == old->fill);
          ++checked;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (auto& slot : slots) checked += slot.load() != nullptr;
  for (auto& slot : slots) delete slot.load();
  std::printf("%ld\n", checked.load());
}
