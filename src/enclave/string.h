// SPDX-License-Identifier: Apache-2.0
//
// The four functions that the compiler may call by itself, and nothing else of <string.h>.
#pragma once

#include <cstddef>

extern "C" {
void* memcpy(void* to, const void* from, std::size_t length) noexcept;
void* memmove(void* to, const void* from, std::size_t length) noexcept;
void* memset(void* to, int value, std::size_t length) noexcept;
int memcmp(const void* a, const void* b, std::size_t length) noexcept;
std::size_t strlen(const char* text) noexcept;
}
