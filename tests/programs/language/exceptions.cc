// SPDX-License-Identifier: Apache-2.0
//
// Exceptions unwind through many frames, run destructors in order and are caught by base.

#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>

#include "check.h"

namespace {

struct Tracer {
  explicit Tracer(int depth) : depth_(depth) {}
  ~Tracer() { unwound += depth_; }
  int depth_;
  static inline long unwound = 0;
};

[[gnu::noinline]] void descend(int depth) {
  Tracer tracer(depth);
  if (depth == 0) throw std::out_of_range("bottom");
  descend(depth - 1);
  asm volatile("");
}

[[gnu::noinline]] int translate() try {
  descend(3);
  return 0;
} catch (const std::logic_error& error) {
  std::throw_with_nested(std::runtime_error(std::string("translated: ") + error.what()));
}

}  // namespace

int main() {
  try {
    descend(1000);
  } catch (const std::logic_error& error) {
    std::cout << "caught " << error.what() << ", unwound " << Tracer::unwound << '\n';
  }
  try {
    translate();
  } catch (const std::exception& outer) {
    std::cout << outer.what() << '\n';
    try {
      std::rethrow_if_nested(outer);
    } catch (const std::exception& inner) {
      std::cout << "nested: " << inner.what() << '\n';
    }
  }
  int caught = 0;
  for (int i = 0; i < 20000; ++i) {
    try {
      if (i % 2) throw i;
      throw std::string("text");
    } catch (int) {
      ++caught;
    } catch (const std::string&) {
      ++caught;
    }
  }
  CHECK(caught == 20000 && std::uncaught_exceptions() == 0);
  std::cout << "caught " << caught << '\n';
}
