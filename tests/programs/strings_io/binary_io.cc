// SPDX-License-Identifier: Apache-2.0
//
// All 256 byte values and a large block pass through standard input and output unchanged.
// sgxx-test: stdin \x00\x01\x02\xff\xfe\r\n\x1a\x7f\x80

#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "check.h"

int main() {
  std::ios::sync_with_stdio(false);
  char bytes[10];
  std::cin.read(bytes, sizeof bytes);
  CHECK(std::cin.gcount() == 10);
  std::cout.write(bytes, sizeof bytes);
  for (int i = 0; i < 256; ++i) std::cout.put(static_cast<char>(i));
  std::string block(300000, '\0');
  for (std::size_t i = 0; i < block.size(); ++i) block[i] = static_cast<char>(i * 31 >> 4);
  std::cout.write(block.data(), static_cast<std::streamsize>(block.size()));
  std::cout.flush();
  std::size_t done = 0;
  while (done < block.size()) {
    const ssize_t step = write(1, block.data() + done, block.size() - done);
    CHECK(step > 0);
    done += static_cast<std::size_t>(step);
  }
  CHECK(std::cout.good());
}
