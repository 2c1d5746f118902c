// SPDX-License-Identifier: Apache-2.0
//
// <cmath>: libm's functions, which choose their variant by the CPU's features, give the same bits
// as outside; the special functions of C++17 are there.

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstring>

int main() {
  std::uint64_t hash = 14695981039346656037u;
  auto mix = [&hash](double value) {
    std::uint64_t bits;
    std::memcpy(&bits, &value, 8);
    hash = (hash ^ bits) * 1099511628211u;
  };
  for (int i = 1; i < 4000; ++i) {
    volatile double x = i * 0.137;
    mix(std::sin(x));
    mix(std::cos(x));
    mix(std::tan(x));
    mix(std::exp(-x));
    mix(std::log(x));
    mix(std::pow(x, 1.7));
    mix(std::atan2(x, 3.0));
    mix(std::sinh(x / 100));
    mix(std::cbrt(x));
    mix(std::fma(x, x, -x));
    mix(std::tgamma(x / 10));
    mix(std::erf(x / 100));
    mix(std::floor(x) + std::nearbyint(x) + std::trunc(-x));
    mix(static_cast<double>(std::sin(static_cast<float>(x))));
  }
  std::printf("%016lx\n", hash);
  std::printf("%.10f %.10f %.10f %.10f\n", std::riemann_zeta(2.0), std::cyl_bessel_j(0, 1.5), std::legendre(3u, 0.25),
              std::beta(2.0, 3.0));
  std::printf("%d %d %.3f %.17g\n", std::fpclassify(std::nan("")) == FP_NAN, std::signbit(-0.0), std::hypot(1, 2, 2),
              std::nextafter(1.0, 2.0));
}
