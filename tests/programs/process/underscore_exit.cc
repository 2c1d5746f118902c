// SPDX-License-Identifier: Apache-2.0
//
// _exit ends the process at once from any thread: no handlers, no flushing.
// sgxx-test: status 5

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

int main() {
  std::atexit([] { std::puts("never"); });
  std::fputs("lost in the buffer", stdout);
  std::thread([] { _exit(5); }).join();
}
