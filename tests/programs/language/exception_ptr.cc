// SPDX-License-Identifier: Apache-2.0
//
// An exception travels from a thread to another one and keeps its type and its object.

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "check.h"

int main() {
  std::exception_ptr pointer;
  std::thread([&] {
    try {
      std::string().at(5);
    } catch (...) {
      pointer = std::current_exception();
    }
  }).join();
  CHECK(pointer);
  int seen = 0;
  std::vector<std::exception_ptr> copies(3, pointer);
  for (const auto& copy : copies) {
    try {
      std::rethrow_exception(copy);
    } catch (const std::out_of_range& error) {
      ++seen;
      std::cout << error.what() << '\n';
    }
  }
  CHECK(seen == 3);
  auto made = std::make_exception_ptr(17);
  try {
    std::rethrow_exception(made);
  } catch (int value) {
    std::cout << value << '\n';
  }
}
