// SPDX-License-Identifier: Apache-2.0
//
// A handler that uses every vector and x87 register leaves those of the interrupted code alone.

#include <cmath>
#include <csignal>
#include <cstdio>

#include "check.h"

static volatile double sink;
static volatile long double long_sink;

static void clobber(int) {
  long_sink = sinl(2.0L) / 3.0L;
  sink = std::exp(1.5) * 7;
  asm volatile("pcmpeqd %%xmm0,%%xmm0; pcmpeqd %%xmm7,%%xmm7; pcmpeqd %%xmm15,%%xmm15; fninit; fld1; fldpi"
               :
               :
               : "xmm0", "xmm7", "xmm15");
}

int main() {
  struct sigaction action {};
  action.sa_handler = clobber;
  CHECK(sigaction(SIGILL, &action, nullptr) == 0);
  action.sa_sigaction = [](int number, siginfo_t*, void* context) {
    clobber(number);
    static_cast<ucontext_t*>(context)->uc_mcontext.gregs[REG_RIP] += 2;
  };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGILL, &action, nullptr) == 0);
  for (int i = 0; i < 50; ++i) {
    double a = i + 0.25, b = i + 0.5, c = i + 0.75;
    long double d = 1.0L / 3.0L;
    asm volatile(
        "fldt %3; movapd %0,%%xmm7; movapd %1,%%xmm15; movapd %2,%%xmm0; ud2;"
        "movapd %%xmm7,%0; movapd %%xmm15,%1; movapd %%xmm0,%2; fstpt %3"
        : "+x"(a), "+x"(b), "+x"(c), "+m"(d)
        :
        : "xmm7", "xmm15", "xmm0");
    CHECK(a == i + 0.25 && b == i + 0.5 && c == i + 0.75 && d == 1.0L / 3.0L);
  }
  std::puts("kept");
}
