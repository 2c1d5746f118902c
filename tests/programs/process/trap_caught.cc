// SPDX-License-Identifier: Apache-2.0
//
// int3 is SIGTRAP, with the address after it.

#include <csignal>
#include <cstdio>

#include "check.h"

static volatile int count = 0;

int main() {
  struct sigaction action {};
  action.sa_handler = [](int) { count = count + 1; };
  CHECK(sigaction(SIGTRAP, &action, nullptr) == 0);
  for (int i = 0; i < 3; ++i) asm volatile("int3");
  std::printf("%d\n", count);
}
