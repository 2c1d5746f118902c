// SPDX-License-Identifier: Apache-2.0
//
// Where __builtin_cpu_supports says yes, the instruction executes and gives the right result.

#include <immintrin.h>

#include <cstdint>
#include <cstdio>
#include <cstring>

#include "check.h"

__attribute__((target("avx2"))) static void use_avx2() {
  alignas(32) int out[8];
  _mm256_store_si256(reinterpret_cast<__m256i*>(out),
                     _mm256_mullo_epi32(_mm256_set1_epi32(6), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)));
  for (int i = 0; i < 8; ++i) CHECK(out[i] == 6 * i);
}
__attribute__((target("avx512f"))) static void use_avx512() {
  alignas(64) double out[8];
  _mm512_store_pd(out, _mm512_fmadd_pd(_mm512_set1_pd(2), _mm512_set1_pd(3), _mm512_set1_pd(0.5)));
  for (double value : out) CHECK(value == 6.5);
}
__attribute__((target("fma"))) static void use_fma() {
  double value = _mm_cvtsd_f64(_mm_fmadd_sd(_mm_set_sd(2), _mm_set_sd(4), _mm_set_sd(1)));
  CHECK(value == 9);
}
__attribute__((target("aes"))) static void use_aes() {
  unsigned char out[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_aesenc_si128(_mm_setzero_si128(), _mm_setzero_si128()));
  CHECK(out[0] == 0x63 && out[15] == 0x63);
}
__attribute__((target("bmi2"))) static void use_bmi2() { CHECK(_pext_u64(0xF0F0, 0xFF00) == 0xF0); }
__attribute__((target("sse4.2"))) static void use_sse42() { CHECK(_mm_crc32_u8(0, 'a') == 0x93ad1061); }
__attribute__((target("popcnt"))) static void use_popcnt() { CHECK(_mm_popcnt_u64(0x0F0F) == 8); }
__attribute__((target("gfni"))) static void use_gfni() {
  unsigned char out[16];
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_gf2p8mul_epi8(_mm_set1_epi8(2), _mm_set1_epi8(3)));
  CHECK(out[5] == 6);
}

int main() {
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2")) use_avx2();
  if (__builtin_cpu_supports("avx512f")) use_avx512();
  if (__builtin_cpu_supports("fma")) use_fma();
  if (__builtin_cpu_supports("aes")) use_aes();
  if (__builtin_cpu_supports("bmi2")) use_bmi2();
  if (__builtin_cpu_supports("sse4.2")) use_sse42();
  if (__builtin_cpu_supports("popcnt")) use_popcnt();
  if (__builtin_cpu_supports("gfni")) use_gfni();
  CHECK(__builtin_cpu_supports("sse2"));
  std::puts("agrees");
}
