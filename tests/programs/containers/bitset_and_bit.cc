// SPDX-License-Identifier: Apache-2.0
//
// <bitset>, <bit>: set operations and text; rotation, counting, casts, byte order.

#include <bit>
#include <bitset>
#include <cstdint>
#include <iostream>

#include "check.h"

int main() {
  std::bitset<100> bits("1011");
  bits.set(99).flip(0);
  std::cout << bits.count() << ' ' << (bits >> 90).to_string().substr(90) << ' ' << bits.test(1) << '\n';
  CHECK(std::endian::native == std::endian::little);
  volatile std::uint32_t word = 0x00F01000;
  std::cout << std::popcount(word + 0u) << ' ' << std::countl_zero(word + 0u) << ' ' << std::countr_zero(word + 0u) << ' '
            << std::bit_ceil(word + 0u) << ' ' << std::rotl(word + 0u, 12) << ' ' << std::bit_width(word + 0u) << '\n';
  std::cout << std::hex << std::bit_cast<std::uint64_t>(1.0) << ' ' << __builtin_bswap64(0x0102030405060708) << '\n';
}
