// SPDX-License-Identifier: Apache-2.0
//
// <limits>, <climits>, <cinttypes>, <cstdint>, <cstddef>: properties and formats of the basic types.

#include <cinttypes>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>

int main() {
  std::printf("%d %ld %" PRIu64 " %zu\n", INT_MAX, LONG_MIN, UINT64_MAX, sizeof(std::max_align_t));
  std::printf("%g %g %Lg\n", static_cast<double>(std::numeric_limits<float>::max()), std::numeric_limits<double>::denorm_min(),
              std::numeric_limits<long double>::max());
  const auto division = std::imaxdiv(-17, 5);
  std::printf("%" PRIdMAX " %" PRIdMAX " %" PRIdMAX " %" PRIx8 "\n", division.quot, division.rem,
              std::strtoimax("-0x7f", nullptr, 0), static_cast<std::uint8_t>(std::to_integer<int>(std::byte{0xAB})));
  std::printf("%d %d\n", std::numeric_limits<long double>::is_iec559, std::numeric_limits<int>::is_modulo);
}
