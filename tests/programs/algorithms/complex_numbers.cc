// SPDX-License-Identifier: Apache-2.0
//
// <complex>, <numbers>, <ratio>: complex functions, constants, compile-time fractions.

#include <complex>
#include <cstdio>
#include <numbers>
#include <ratio>

int main() {
  using namespace std::complex_literals;
  const std::complex<double> z = std::exp(1i * std::numbers::pi);
  std::printf("%.12f %.3f\n", z.real(), std::abs(z));
  const auto root = std::sqrt(std::complex<double>(-4, 0));
  const auto power = std::pow(1.0 + 1i, 10);
  std::printf("%.6f %.6f %.4f %.4f\n", root.real(), root.imag(), power.real(), power.imag());
  using Sum = std::ratio_add<std::ratio<1, 3>, std::ratio<1, 6>>;
  std::printf("%jd/%jd %.10f %.10f\n", Sum::num, Sum::den, std::numbers::phi, std::polar(2.0, 0.5).imag());
}
