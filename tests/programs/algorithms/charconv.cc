// SPDX-License-Identifier: Apache-2.0
//
// <charconv>: shortest round trips of floating point, bases, and range errors.

#include <charconv>
#include <cstdio>
#include <cstring>
#include <limits>
#include <string_view>
#include <system_error>

#include "check.h"

int main() {
  char buffer[400];
  for (double value : {0.1, 1e300, 5e-324, 123456.789, -0.0, 1.0 / 3}) {
    auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, value);
    CHECK(error == std::errc());
    double back = 1;
    CHECK(std::from_chars(buffer, end, back).ec == std::errc() && std::memcmp(&back, &value, 8) == 0);
    std::printf("%.*s\n", static_cast<int>(end - buffer), buffer);
  }
  auto [end, error] = std::to_chars(buffer, buffer + sizeof buffer, 3.14159L, std::chars_format::fixed, 3);
  std::printf("%.*s\n", static_cast<int>(end - buffer), buffer);
  int number = 0;
  const std::string_view text = "zz|99999999999";
  auto result = std::from_chars(text.data(), text.data() + 2, number, 36);
  CHECK(result.ec == std::errc() && number == 35 * 36 + 35);
  CHECK(std::from_chars(text.data() + 3, text.data() + text.size(), number).ec == std::errc::result_out_of_range);
  CHECK(std::from_chars(text.data(), text.data() + 2, number, 10).ec == std::errc::invalid_argument);
  std::to_chars(buffer, buffer + 3, std::numeric_limits<int>::max());
  std::puts("done");
}
