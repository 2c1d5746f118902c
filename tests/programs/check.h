// SPDX-License-Identifier: Apache-2.0
//
// What the test programs share: a check that is never compiled out and that ends the
// program with status 99. It includes only C headers, so that a program still shows
// which C++ header its subject needs.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace sgxx_test {

[[noreturn]] inline void fail(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "%s:%d: not true: %s\n", file, line, expression);
  std::_Exit(99);
}

}  // namespace sgxx_test

#define CHECK(...) ((__VA_ARGS__) ? void() : ::sgxx_test::fail(#__VA_ARGS__, __FILE__, __LINE__))
