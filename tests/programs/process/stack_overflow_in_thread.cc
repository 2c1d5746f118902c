// SPDX-License-Identifier: Apache-2.0
//
// A stack overflow in a thread ends the program by SIGSEGV.
// sgxx-test: status 139
// sgxx-test: flags -Wno-infinite-recursion

#include <cstdio>
#include <thread>

[[gnu::noinline]] static int recurse(int depth) {
  volatile char frame[2000];
  frame[0] = static_cast<char>(depth);
  return recurse(depth + 1) + frame[0];
}

int main() {
  std::puts("before");
  std::fflush(stdout);
  std::thread([] { recurse(0); }).join();
}
