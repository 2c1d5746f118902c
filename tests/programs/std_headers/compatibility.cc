// SPDX-License-Identifier: Apache-2.0
//
// The headers that C++20 removed and GCC keeps: <ccomplex>, <cstdalign>, <cstdbool>, <ctgmath>, <ciso646>.
// sgxx-test: flags -std=gnu++17 -Wno-deprecated

#include <ccomplex>
#include <ciso646>
#include <cstdalign>
#include <cstdbool>
#include <cstdio>
#include <ctgmath>

int main() {
  alignas(64) bool value = true and not false;
  std::printf("%d %.3f %d\n", value, std::abs(std::complex<double>(3, 4)), __bool_true_false_are_defined);
}
