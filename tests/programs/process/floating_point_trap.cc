// SPDX-License-Identifier: Apache-2.0
//
// Unmasked floating-point exceptions, of SSE and of x87, become SIGFPE.

#include <fenv.h>

#include <csetjmp>
#include <csignal>
#include <cstdio>

#include "check.h"

static sigjmp_buf back;
static volatile int code;

int main() {
  struct sigaction action {};
  action.sa_sigaction = [](int, siginfo_t* info, void*) {
    code = info->si_code;
    siglongjmp(back, 1);
  };
  action.sa_flags = SA_SIGINFO;
  CHECK(sigaction(SIGFPE, &action, nullptr) == 0);
  volatile double zero = 0, one = 1;
  if (sigsetjmp(back, 1) == 0) {
    feenableexcept(FE_DIVBYZERO);
    one = one / zero;
    std::puts("never");
  }
  std::printf("sse %d\n", code == FPE_FLTDIV);
  fedisableexcept(FE_ALL_EXCEPT);
  feclearexcept(FE_ALL_EXCEPT);
  volatile long double long_zero = 0, long_one = 1;
  if (sigsetjmp(back, 1) == 0) {
    feenableexcept(FE_DIVBYZERO);
    long_one = long_one / long_zero;
    asm volatile("fwait");
    std::puts("never");
  }
  std::printf("x87 %d\n", code == FPE_FLTDIV);
  fedisableexcept(FE_ALL_EXCEPT);
}
