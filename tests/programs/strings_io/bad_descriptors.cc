// SPDX-License-Identifier: Apache-2.0
//
// Descriptors that are not open are refused with EBADF by every call, bad pointers with EFAULT.

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <initializer_list>

#include "check.h"

int main() {
  char byte = 'x';
  for (int fd : {-1, 77, 1000000}) {
    CHECK(write(fd, &byte, 1) == -1 && errno == EBADF);
    CHECK(read(fd, &byte, 1) == -1 && errno == EBADF);
    CHECK(close(fd) == -1 && errno == EBADF);
    CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
  }
  const auto bad = [](std::uintptr_t address) {
    auto* pointer = reinterpret_cast<char*>(address);
    asm("" : "+r"(pointer));
    return pointer;
  };
  CHECK(write(1, bad(0), 1) == -1 && errno == EFAULT);
  CHECK(write(1, bad(8), 100) == -1 && errno == EFAULT);
  CHECK(write(1, bad(0xFFFFFFFFFFFFF000), 16) == -1 && errno == EFAULT);
  CHECK(write(1, bad(0x8000000000000000), 16) == -1 && errno == EFAULT);
  char* page = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(page != MAP_FAILED && munmap(page + 4096, 4096) == 0);
  CHECK(write(1, page + 4096, 1) == -1 && errno == EFAULT);
  CHECK(write(1, bad(0), 0) == 0);
  std::puts("done");
}
