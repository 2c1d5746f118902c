// SPDX-License-Identifier: Apache-2.0
#include "enclave/string.h"

extern "C" {

void* memcpy(void* to, const void* from, std::size_t length) noexcept {
  void* cursor = to;
  asm volatile("rep movsb" : "+D"(cursor), "+S"(from), "+c"(length)::"memory");
  return to;
}

void* memmove(void* to, const void* from, std::size_t length) noexcept {
  auto* target = static_cast<char*>(to);
  const auto* source = static_cast<const char*>(from);
  if (target <= source || target >= source + length) return memcpy(to, from, length);
  while (length-- > 0) {
    target[length] = source[length];
    asm volatile("" ::: "memory");  // keep the compiler from turning this loop into a call of memmove
  }
  return to;
}

void* memset(void* to, int value, std::size_t length) noexcept {
  void* cursor = to;
  asm volatile("rep stosb" : "+D"(cursor), "+c"(length) : "a"(value) : "memory");
  return to;
}

int memcmp(const void* a, const void* b, std::size_t length) noexcept {
  const auto* left = static_cast<const unsigned char*>(a);
  const auto* right = static_cast<const unsigned char*>(b);
  for (; length != 0; --length, ++left, ++right) {
    if (*left != *right) return *left < *right ? -1 : 1;
    asm volatile("");
  }
  return 0;
}

std::size_t strlen(const char* text) noexcept {
  std::size_t length = 0;
  while (text[length] != 0) {
    ++length;
    asm volatile("");
  }
  return length;
}
}
