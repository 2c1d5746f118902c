// SPDX-License-Identifier: Apache-2.0
//
// Ten thousand faults, each handled and returned from, leave nothing behind.

#include <sys/mman.h>

#include <csignal>
#include <cstdio>

#include "check.h"

static char* page;
static volatile int faults = 0;

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) {
    faults = faults + 1;
    CHECK(mprotect(page, 4096, PROT_READ | PROT_WRITE) == 0);
  };
  CHECK(sigaction(SIGSEGV, &action, nullptr) == 0);
  page = static_cast<char*>(mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  CHECK(page != MAP_FAILED);
  for (int i = 0; i < 10000; ++i) {
    static_cast<volatile char*>(page)[i % 4096] = static_cast<char>(i);
    CHECK(mprotect(page, 4096, PROT_NONE) == 0);
  }
  std::printf("%d\n", faults);
}
