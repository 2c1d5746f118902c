// SPDX-License-Identifier: Apache-2.0
//
// spectral-norm: the largest singular value of the infinite matrix a(i,j) = 1/((i+j)(i+j+1)/2+i+1), cut at n, by ten
// rounds of power iteration.

#include <cmath>
#include <vector>

#include "measure.h"

namespace {

using Vector = std::vector<double>;

double element(std::size_t i, std::size_t j) { return 1.0 / static_cast<double>((i + j) * (i + j + 1) / 2 + i + 1); }

void multiply(const Vector& in, Vector& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < in.size(); ++j) sum += element(i, j) * in[j];
    out[i] = sum;
  }
}

void multiply_transposed(const Vector& in, Vector& out) {
  for (std::size_t i = 0; i < in.size(); ++i) {
    double sum = 0;
    for (std::size_t j = 0; j < in.size(); ++j) sum += element(j, i) * in[j];
    out[i] = sum;
  }
}

}  // namespace

int main(int count, char** arguments) {
  const auto n = static_cast<std::size_t>(bench::size_argument(count, arguments));
  bench::measure(1, [n] {
    Vector u(n, 1.0), v(n), between(n);
    for (int round = 0; round < 10; ++round) {
      multiply(u, between);
      multiply_transposed(between, v);
      multiply(v, between);
      multiply_transposed(between, u);
    }
    double numerator = 0, denominator = 0;
    for (std::size_t i = 0; i < n; ++i) {
      numerator += u[i] * v[i];
      denominator += v[i] * v[i];
    }
    std::printf("%.9f\n", std::sqrt(numerator / denominator));
  });
}
