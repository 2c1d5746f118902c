// SPDX-License-Identifier: Apache-2.0
//
// <csetjmp>: longjmp restores the registers that a callee saves and leaves deep calls.
// sgxx-test: flags -Wno-infinite-recursion

#include <csetjmp>
#include <cstdio>

static std::jmp_buf target;

[[gnu::noinline]] static void descend(int depth) {
  if (depth == 0) std::longjmp(target, 42);
  descend(depth - 1);
  std::puts("never");
}

int main() {
  static int rounds = 0;
  const int value = setjmp(target);
  if (value == 0) descend(100);
  std::printf("came back with %d\n", value);
  if (++rounds < 5) std::longjmp(target, rounds);
  std::printf("rounds %d\n", rounds);
}
