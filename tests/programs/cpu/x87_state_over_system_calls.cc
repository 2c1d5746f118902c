// SPDX-License-Identifier: Apache-2.0
//
// The x87 stack and long double values keep their 80 bits over system calls.

#include <sys/syscall.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <ctime>

#include "check.h"

int main() {
  const timespec pause{0, 1000};
  for (int i = 1; i <= 200; ++i) {
    const long double a = 1.0L / static_cast<long double>(i), b = sqrtl(static_cast<long double>(i));
    long double out_a = 0, out_b = 0;
    long number = i % 2 ? SYS_getpid : SYS_nanosleep;
    asm volatile("fldt %[a]; fldt %[b]; syscall; fstpt %[ob]; fstpt %[oa]"
                 : "+a"(number), [oa] "=m"(out_a), [ob] "=m"(out_b)
                 : [a] "m"(a), [b] "m"(b), "D"(&pause), "S"(0L)
                 : "rcx", "r11", "memory", "st", "st(1)");
    CHECK(std::memcmp(&a, &out_a, 10) == 0 && std::memcmp(&b, &out_b, 10) == 0);
  }
  std::puts("kept");
}
