// SPDX-License-Identifier: Apache-2.0
//
// mandelbrot: the set from -1.5-i to 0.5+i as a bitmap of n by n points, 50 iterations for each, eight points at a time.

#include <vector>

#include "measure.h"

namespace {

constexpr int kIterations = 50;
constexpr int kLanes = 8;

/// One byte of the bitmap: bit 7 is the leftmost of eight points.
unsigned char eight_points(const double* real, double imaginary) {
  double x[kLanes] = {}, y[kLanes] = {}, xx[kLanes] = {}, yy[kLanes] = {};
  for (int round = 0; round < kIterations; ++round) {
    for (int i = 0; i < kLanes; ++i) {
      y[i] = 2 * x[i] * y[i] + imaginary;
      x[i] = xx[i] - yy[i] + real[i];
      xx[i] = x[i] * x[i];
      yy[i] = y[i] * y[i];
    }
    bool all_left = true;
    for (int i = 0; i < kLanes; ++i) all_left = all_left && !(xx[i] + yy[i] <= 4);
    if (all_left) return 0;
  }
  unsigned bits = 0;
  for (int i = 0; i < kLanes; ++i) bits = bits << 1 | (xx[i] + yy[i] <= 4 ? 1u : 0u);
  return static_cast<unsigned char>(bits);
}

}  // namespace

int main(int count, char** arguments) {
  const int n = (bench::size_argument(count, arguments) + kLanes - 1) / kLanes * kLanes;
  bench::measure(1, [n] {
    std::vector<double> real(static_cast<std::size_t>(n));
    for (int i = 0; i < n; ++i) real[static_cast<std::size_t>(i)] = 2.0 * i / n - 1.5;
    std::printf("P4\n%d %d\n", n, n);
    std::vector<unsigned char> line(static_cast<std::size_t>(n / kLanes));
    for (int row = 0; row < n; ++row) {
      for (std::size_t i = 0; i < line.size(); ++i) line[i] = eight_points(&real[i * kLanes], 2.0 * row / n - 1.0);
      std::fwrite(line.data(), 1, line.size(), stdout);
    }
  });
}
