// SPDX-License-Identifier: Apache-2.0
//
// OpenBLAS with its own threads: matrix products whose results are exact whatever the order of the sums.
// sgxx-test: flags -lopenblas -lgfortran -lquadmath -lm
// sgxx-test: needs libopenblas.a libgfortran.a
// sgxx-test: manifest heap = "512 MiB"

#include <cblas.h>

#include <vector>

#include "check.h"

extern "C" void dgesv_(const int* n, const int* columns, double* a, const int* lda, int* pivots, double* b, const int* ldb,
                       int* info);

int main() {
  constexpr int kSize = 300;
  std::vector<double> a(kSize * kSize), b(kSize * kSize), c(kSize * kSize, 1.0);
  for (int i = 0; i < kSize * kSize; ++i) {
    a[static_cast<std::size_t>(i)] = i % 17 - 8;
    b[static_cast<std::size_t>(i)] = i % 13 - 6;
  }
  for (int round = 0; round < 5; ++round) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, kSize, kSize, kSize, 2.0, a.data(), kSize, b.data(), kSize, 0.0,
                c.data(), kSize);
  }
  for (int i = 0; i < kSize; i += 37) {
    double sum = 0;
    for (int k = 0; k < kSize; ++k)
      sum += a[static_cast<std::size_t>(i * kSize + k)] * b[static_cast<std::size_t>(5 * kSize + k)];
    CHECK(c[static_cast<std::size_t>(i * kSize + 5)] == 2 * sum);
  }
  std::printf("%.0f %.0f\n", cblas_dasum(kSize * kSize, c.data(), 1), cblas_ddot(kSize * kSize, a.data(), 1, b.data(), 1));
  double matrix[9] = {4, -2, 1, -2, 4, -2, 1, -2, 4}, right[3] = {11, -16, 17};
  const int three = 3, one = 1;
  int pivots[3], info = -1;
  dgesv_(&three, &one, matrix, &three, pivots, right, &three, &info);
  CHECK(info == 0);
  std::printf("%.6f %.6f %.6f\n", right[0], right[1], right[2]);
}
