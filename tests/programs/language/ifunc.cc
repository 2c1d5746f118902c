// SPDX-License-Identifier: Apache-2.0
//
// The program's own indirect functions are resolved at start-up, like glibc's.

#include <cstdio>

extern "C" {
static int with_popcnt(unsigned value) { return __builtin_popcount(value); }
static int without_popcnt(unsigned value) {
  int bits = 0;
  for (; value; value &= value - 1) ++bits;
  return bits;
}
static int (*choose_bits())(unsigned) {
  __builtin_cpu_init();
  return __builtin_cpu_supports("popcnt") ? with_popcnt : without_popcnt;
}
int bits(unsigned value) __attribute__((ifunc("choose_bits")));
}

[[gnu::target_clones("avx2", "default")]] static long dot(const int* a, const int* b, int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) sum += static_cast<long>(a[i]) * b[i];
  return sum;
}

int main() {
  int a[100], b[100];
  for (int i = 0; i < 100; ++i) {
    a[i] = i;
    b[i] = 2 * i;
  }
  std::printf("%d %ld\n", bits(0xF0F0F0F1u), dot(a, b, 100));
}
