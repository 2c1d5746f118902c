// SPDX-License-Identifier: Apache-2.0
//
// MXCSR and the x87 control word belong to a thread, survive its system calls, and a new thread
// inherits its creator's.

#include <fenv.h>
#include <unistd.h>
#include <xmmintrin.h>

#include <atomic>
#include <cstdio>
#include <thread>
#include <vector>

#include "check.h"

static unsigned short control_word() {
  unsigned short word = 0;
  asm volatile("fnstcw %0" : "=m"(word));
  return word;
}

int main() {
  std::atomic<int> together{0};
  std::vector<std::thread> threads;
  const int modes[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      CHECK(fesetround(modes[t]) == 0);
      const unsigned mxcsr = _mm_getcsr() & ~0x3Fu;
      const unsigned short word = control_word();
      ++together;
      while (together < 4) std::this_thread::yield();
      for (int i = 0; i < 200; ++i) {
        usleep(10);
        getpid();
        CHECK((_mm_getcsr() & ~0x3Fu) == mxcsr && control_word() == word && fegetround() == modes[t]);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(fegetround() == FE_TONEAREST);
  fesetround(FE_DOWNWARD);
  int inherited = -1;
  std::thread([&inherited] { inherited = fegetround(); }).join();
  std::printf("inherited %d\n", inherited == FE_DOWNWARD);
}
