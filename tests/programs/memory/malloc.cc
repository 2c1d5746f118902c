// SPDX-License-Identifier: Apache-2.0
//
// The C allocation functions: zeroing, alignment, growth with contents kept, sizes from 0 to 64 MiB.

#include <malloc.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "check.h"

int main() {
  for (std::size_t size = 1; size <= (64u << 20); size *= 4) {
    auto* bytes = static_cast<unsigned char*>(std::calloc(size, 1));
    CHECK(bytes && bytes[0] == 0 && bytes[size / 2] == 0 && bytes[size - 1] == 0);
    std::memset(bytes, 0xAA, size);
    CHECK(malloc_usable_size(bytes) >= size);
    std::free(bytes);
  }
  auto* grown = static_cast<unsigned char*>(std::malloc(10));
  std::memset(grown, 7, 10);
  for (std::size_t size = 20; size <= (8u << 20); size *= 2) {
    grown = static_cast<unsigned char*>(std::realloc(grown, size));
    CHECK(grown && grown[0] == 7 && grown[9] == 7);
  }
  std::free(grown);
  for (std::size_t alignment = 16; alignment <= 65536; alignment *= 4) {
    void* block = nullptr;
    CHECK(posix_memalign(&block, alignment, 100) == 0 && reinterpret_cast<std::uintptr_t>(block) % alignment == 0);
    std::free(block);
  }
  volatile std::size_t huge = ~std::size_t{0} / 2;
  CHECK(std::malloc(huge) == nullptr && errno == ENOMEM);
  CHECK(std::calloc(huge, 8) == nullptr);
  malloc_trim(0);
  CHECK(mallinfo2().arena < (1u << 30));
  std::puts("done");
}
