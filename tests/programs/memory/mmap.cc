// SPDX-License-Identifier: Apache-2.0
//
// mmap, munmap and mremap: zeroed pages, holes, fixed addresses, growth with contents kept, errors.

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>

#include "check.h"

constexpr std::size_t kPage = 4096;

static unsigned char* map(std::size_t size, void* at = nullptr, int extra = 0) {
  void* block = mmap(at, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | extra, -1, 0);
  return block == MAP_FAILED ? nullptr : static_cast<unsigned char*>(block);
}

int main() {
  unsigned char* block = map(64 * kPage);
  CHECK(block && reinterpret_cast<std::uintptr_t>(block) % kPage == 0);
  for (std::size_t i = 0; i < 64 * kPage; ++i) CHECK(block[i] == 0);
  std::memset(block, 0x5A, 64 * kPage);
  CHECK(munmap(block + 8 * kPage, 8 * kPage) == 0);
  CHECK(block[8 * kPage - 1] == 0x5A && block[16 * kPage] == 0x5A);
  unsigned char* hole = map(4 * kPage, block + 8 * kPage, MAP_FIXED);
  CHECK(hole == block + 8 * kPage && hole[0] == 0 && hole[4 * kPage - 1] == 0);
  CHECK(map(kPage, block, MAP_FIXED_NOREPLACE) == nullptr && errno == EEXIST);
  CHECK(munmap(block, 64 * kPage) == 0);
  CHECK(munmap(block + 1, kPage) == -1 && errno == EINVAL);
  CHECK(munmap(block, 0) == -1 && errno == EINVAL);
  CHECK(map(0) == nullptr && errno == EINVAL);
  CHECK(map(std::size_t{1} << 60) == nullptr && errno == ENOMEM);
  unsigned char* grown = map(2 * kPage);
  std::memset(grown, 9, 2 * kPage);
  grown = static_cast<unsigned char*>(mremap(grown, 2 * kPage, 300 * kPage, MREMAP_MAYMOVE));
  CHECK(grown != MAP_FAILED && grown[0] == 9 && grown[2 * kPage - 1] == 9 && grown[2 * kPage] == 0 &&
        grown[300 * kPage - 1] == 0);
  CHECK(mremap(grown, 300 * kPage, kPage, 0) == grown && grown[kPage - 1] == 9);
  CHECK(munmap(grown, kPage) == 0);
  for (int round = 0; round < 2000; ++round) {
    unsigned char* again = map(16 * kPage);
    CHECK(again && again[5 * kPage] == 0);
    again[5 * kPage] = 1;
    CHECK(munmap(again, 16 * kPage) == 0);
  }
  std::puts("done");
}
