// SPDX-License-Identifier: Apache-2.0
//
// Vector registers over system calls that may read, write and synchronise files: all bits of all of them are the program's own
// afterwards, whatever was computed for the call.
// sgxx-test: folder
#include <fcntl.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "check.h"

namespace {

struct alignas(64) Registers {
  unsigned char bytes[32 * 64];
};

long call(long number, long a, long b, long c, long d) {
  long result;
  register long fourth asm("r10") = d;
  asm volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
  return result;
}

#define EACH_LOW(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define EACH_HIGH(X) X(16) X(17) X(18) X(19) X(20) X(21) X(22) X(23) X(24) X(25) X(26) X(27) X(28) X(29) X(30) X(31)
#define CLOBBER_LOW                                                                                                            \
  "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", \
      "xmm15"

/// The registers are `before` at a system call and `after` behind it.
__attribute__((target("avx512f"))) long call_with_512(const Registers& before, Registers& after, long number, long a, long b,
                                                      long c, long d) {
  long result;
  register long fourth asm("r10") = d;
  register const Registers* from asm("r8") = &before;
  register Registers* to asm("r9") = &after;
#define LOAD(n) "vmovdqa64 64*" #n "(%%r8), %%zmm" #n "\n"
#define STORE(n) "vmovdqa64 %%zmm" #n ", 64*" #n "(%%r9)\n"
  asm volatile(EACH_LOW(LOAD) EACH_HIGH(LOAD) "syscall\n" EACH_LOW(STORE) EACH_HIGH(STORE)
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(from), "r"(to)
               : "rcx", "r11", "memory", CLOBBER_LOW, "xmm16", "xmm17", "xmm18", "xmm19", "xmm20", "xmm21", "xmm22", "xmm23",
                 "xmm24", "xmm25", "xmm26", "xmm27", "xmm28", "xmm29", "xmm30", "xmm31");
  return result;
}

long call_with_128(const Registers& before, Registers& after, long number, long a, long b, long c, long d) {
  long result;
  register long fourth asm("r10") = d;
  register const Registers* from asm("r8") = &before;
  register Registers* to asm("r9") = &after;
#undef LOAD
#undef STORE
#define LOAD(n) "movaps 64*" #n "(%%r8), %%xmm" #n "\n"
#define STORE(n) "movaps %%xmm" #n ", 64*" #n "(%%r9)\n"
  asm volatile(EACH_LOW(LOAD) "syscall\n" EACH_LOW(STORE)
               : "=a"(result)
               : "a"(number), "D"(a), "S"(b), "d"(c), "r"(fourth), "r"(from), "r"(to)
               : "rcx", "r11", "memory", CLOBBER_LOW);
  return result;
}

int lost;

long checked(bool wide, long number, long a, long b, long c, long d) {
  static unsigned seed = 1;
  Registers before{}, after{};
  const size_t registers = wide ? 32 : 16, length = wide ? 64 : 16;
  for (size_t i = 0; i < registers; ++i) {
    for (size_t k = 0; k < length; ++k)
      before.bytes[i * 64 + k] = static_cast<unsigned char>((seed = seed * 1664525 + 1013904223) >> 24);
  }
  const long result = wide ? call_with_512(before, after, number, a, b, c, d) : call_with_128(before, after, number, a, b, c, d);
  lost += memcmp(&before, &after, sizeof before) != 0;
  return result;
}

}  // namespace

int main(int, char** argv) {
  constexpr long kBlock = 65536, kBlocks = 64;
  const std::string name = std::string(argv[1]) + "/file";
  const bool has_wide = __builtin_cpu_supports("avx512f");
  static char bytes[kBlock];
  for (const bool wide : {false, has_wide}) {
    const int file = open(name.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (long i = 0; i < kBlocks; ++i) {
      CHECK(checked(wide, SYS_pwrite64, file, reinterpret_cast<long>(bytes), kBlock, i * kBlock) == kBlock);
      if (i % 8 == 0) CHECK(checked(wide, SYS_fsync, file, 0, 0, 0) == 0);
    }
    for (long i = 0; i < kBlocks; ++i) {
      CHECK(checked(wide, SYS_pread64, file, reinterpret_cast<long>(bytes), kBlock, i * kBlock) == kBlock);
    }
    CHECK(call(SYS_ftruncate, file, 0, 0, 0) == 0);
    close(file);
  }
  std::printf("%d calls lost a register\n", lost);
}
