// SPDX-License-Identifier: Apache-2.0
//
// The program's own handler, on an alternate stack, catches a stack overflow, twice.
// sgxx-test: flags -Wno-infinite-recursion

#include <csetjmp>
#include <csignal>
#include <cstdio>

#include "check.h"

static sigjmp_buf back;
static bool volatile on_alternate_stack = false;
alignas(16) static char alternate[32768];

[[gnu::noinline]] static int recurse(int depth) {
  volatile char frame[2000];
  frame[0] = static_cast<char>(depth);
  return recurse(depth + 1) + frame[0];
}

static void on_fault(int) {
  char local = 0;
  asm volatile("" : : "r"(&local) : "memory");
  on_alternate_stack = &local >= alternate && &local < alternate + sizeof alternate;
  siglongjmp(back, 1);
}

int main() {
  stack_t stack{};
  stack.ss_sp = alternate;
  stack.ss_size = sizeof alternate;
  CHECK(sigaltstack(&stack, nullptr) == 0);
  struct sigaction action {};
  action.sa_handler = on_fault;
  action.sa_flags = SA_ONSTACK;
  CHECK(sigaction(SIGSEGV, &action, nullptr) == 0);
  static int round;
  for (round = 0; round < 2; ++round) {
    if (sigsetjmp(back, 1) == 0) recurse(0);
    CHECK(on_alternate_stack);
    std::puts("caught");
  }
}
