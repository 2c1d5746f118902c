// SPDX-License-Identifier: Apache-2.0
//
// All sixteen vector registers, with their upper halves where the CPU has them, keep their values over
// system calls that leave the enclave and such that do not.

#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>

#include "check.h"

alignas(64) static unsigned char before[16 * 64], after[16 * 64];

#define EACH(op) op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13) op(14) op(15)
#define LOAD_XMM(n) "movaps " #n "*64(%[in]),%%xmm" #n ";"
#define STORE_XMM(n) "movaps %%xmm" #n "," #n "*64(%[out]);"
#define LOAD_YMM(n) "vmovaps " #n "*64(%[in]),%%ymm" #n ";"
#define STORE_YMM(n) "vmovaps %%ymm" #n "," #n "*64(%[out]);"
#define LOAD_ZMM(n) "vmovaps " #n "*64(%[in]),%%zmm" #n ";"
#define STORE_ZMM(n) "vmovaps %%zmm" #n "," #n "*64(%[out]);"
#define CALL(LOAD, STORE)                                                                                                \
  asm volatile(EACH(LOAD) "syscall;" EACH(STORE)                                                                         \
               : "+a"(number)                                                                                            \
               : "D"(a), "S"(b), "d"(0L), [in] "r"(before), [out] "r"(after)                                             \
               : "rcx", "r11", "memory", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", \
                 "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15")

static void check(std::size_t width) {
  for (std::size_t i = 0; i < sizeof before; ++i) CHECK(i % 64 >= width || before[i] == after[i]);
  std::memset(after, 0, sizeof after);
}

int main() {
  for (std::size_t i = 0; i < sizeof before; ++i) before[i] = static_cast<unsigned char>(i * 37 + 11);
  const timespec pause{0, 1000};
  const struct {
    long number, a, b;
  } calls[] = {
      {SYS_getpid, 0, 0}, {SYS_nanosleep, reinterpret_cast<long>(&pause), 0}, {SYS_write, 1, 0}, {SYS_sched_yield, 0, 0}};
  for (int round = 0; round < 100; ++round) {
    for (const auto& call : calls) {
      long number = call.number, a = call.a, b = call.b;
      CALL(LOAD_XMM, STORE_XMM);
      check(16);
      if (__builtin_cpu_supports("avx2")) {
        number = call.number;
        CALL(LOAD_YMM, STORE_YMM);
        check(32);
      }
      if (__builtin_cpu_supports("avx512f")) {
        number = call.number;
        CALL(LOAD_ZMM, STORE_ZMM);
        check(64);
      }
    }
  }
  if (__builtin_cpu_supports("avx")) asm volatile("vzeroupper");
  std::puts("kept");
}
