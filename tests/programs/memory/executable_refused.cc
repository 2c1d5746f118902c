// SPDX-License-Identifier: Apache-2.0
//
// Inside, memory cannot be made executable: mmap and mprotect with PROT_EXEC fail and the program goes on.
// sgxx-test: enclave-stdout mmap: refused
// sgxx-test: enclave-stdout mprotect: refused

#include <sys/mman.h>

#include <cerrno>
#include <cstdio>

#include "check.h"

int main() {
  void* code = mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  std::printf("mmap: %s\n", code == MAP_FAILED ? "refused" : "works");
  CHECK(code != MAP_FAILED || errno == EACCES || errno == EPERM || errno == ENOTSUP);
  void* data = mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  CHECK(data != MAP_FAILED);
  const int result = mprotect(data, 4096, PROT_READ | PROT_EXEC);
  std::printf("mprotect: %s\n", result ? "refused" : "works");
  CHECK(result == 0 || errno == EACCES || errno == EPERM || errno == ENOTSUP);
}
