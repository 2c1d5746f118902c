// SPDX-License-Identifier: Apache-2.0
//
// <new>: out of memory is std::bad_alloc, after the new-handler was asked; what was allocated stays
// usable, and after freeing there is memory again. Outside, a limit stands in for the enclave's heap.
// sgxx-test: manifest heap = "64 MiB"
// sgxx-test: flags -Wno-alloc-size-larger-than

#include <sys/resource.h>

#include <cstring>
#include <iostream>
#include <memory>
#include <new>
#include <vector>

#include "check.h"

int main() {
  const rlimit limit{128 << 20, 128 << 20};
  setrlimit(RLIMIT_AS, &limit);
  for (int round = 0; round < 3; ++round) {
    std::vector<std::unique_ptr<char[]>> blocks;
    blocks.reserve(1000);
    bool refused = false;
    while (!refused && blocks.size() < 1000) {
      try {
        blocks.push_back(std::make_unique<char[]>(1 << 20));
        std::memset(blocks.back().get(), static_cast<int>(blocks.size()), 1 << 20);
      } catch (const std::bad_alloc&) {
        refused = true;
      }
    }
    CHECK(refused && blocks.size() > 20 && blocks.size() < 200);
    for (std::size_t i = 0; i < blocks.size(); ++i) CHECK(blocks[i][12345] == static_cast<char>(i + 1));
    std::cout << "bad_alloc\n";
  }
  volatile std::size_t huge = std::size_t{1} << 46;
  CHECK(new (std::nothrow) char[huge] == nullptr);
  static int handled = 0;
  std::set_new_handler([] {
    if (++handled == 3) std::set_new_handler(nullptr);
  });
  try {
    CHECK(operator new(huge) == nullptr);
  } catch (const std::bad_alloc& error) {
    std::cout << error.what() << ' ' << handled << '\n';
  }
  try {
    volatile int negative = -1;
    CHECK(new int[static_cast<std::size_t>(negative)] == nullptr);
  } catch (const std::bad_array_new_length& error) {
    std::cout << error.what() << '\n';
  }
}
