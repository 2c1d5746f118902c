// SPDX-License-Identifier: Apache-2.0
//
// madvise(MADV_DONTNEED) gives zeroed pages and leaves its neighbours; harmless advice is accepted.

#include <sys/mman.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "check.h"

int main() {
  constexpr std::size_t kPage = 4096;
  auto* block = static_cast<unsigned char*>(mmap(nullptr, 8 * kPage, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(block != MAP_FAILED);
  std::memset(block, 0x77, 8 * kPage);
  CHECK(madvise(block + 2 * kPage, 3 * kPage, MADV_DONTNEED) == 0);
  for (std::size_t i = 0; i < 8 * kPage; ++i) CHECK(block[i] == (i >= 2 * kPage && i < 5 * kPage ? 0 : 0x77));
  CHECK(madvise(block, 8 * kPage, MADV_SEQUENTIAL) == 0 && madvise(block, 8 * kPage, MADV_NORMAL) == 0);
  CHECK(madvise(block, 8 * kPage, MADV_WILLNEED) == 0);
  CHECK(block[0] == 0x77);
  CHECK(madvise(block + 1, kPage, MADV_DONTNEED) == -1 && errno == EINVAL);
  CHECK(madvise(block, kPage, 12345) == -1 && errno == EINVAL);
  CHECK(munmap(block, 8 * kPage) == 0);
  std::puts("done");
}
