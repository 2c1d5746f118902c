// SPDX-License-Identifier: Apache-2.0
//
// A program may replace operator new and delete, aligned and sized forms included.
// sgxx-test: flags -Wno-mismatched-new-delete

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <vector>

#include "check.h"

namespace {
long live = 0;
long aligned_calls = 0;
}  // namespace

void* operator new(std::size_t size) {
  ++live;
  if (void* block = std::malloc(size)) return block;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  ++live;
  ++aligned_calls;
  const std::size_t step = static_cast<std::size_t>(alignment);
  if (void* block = std::aligned_alloc(step, (size + step - 1) / step * step)) return block;
  throw std::bad_alloc();
}
void operator delete(void* block) noexcept {
  --live;
  std::free(block);
}
void operator delete(void* block, std::size_t) noexcept { operator delete(block); }
void operator delete(void* block, std::align_val_t) noexcept { operator delete(block); }
void operator delete(void* block, std::size_t, std::align_val_t) noexcept { operator delete(block); }

struct alignas(256) Wide {
  char bytes[256];
};

int main() {
  const long before = live;
  {
    std::vector<int> numbers(1000, 1);
    auto wide = std::make_unique<Wide>();
    CHECK(reinterpret_cast<std::uintptr_t>(wide.get()) % 256 == 0);
    std::printf("live %ld\n", live - before);
  }
  std::printf("live %ld, aligned %ld\n", live - before, aligned_calls);
}
