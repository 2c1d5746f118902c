// SPDX-License-Identifier: Apache-2.0
//
// Eigen: products, decompositions and eigenvalues, with the vector instructions that it is compiled for.
// sgxx-test: flags -isystem/usr/include/eigen3 -mavx2 -mfma -O1
// sgxx-test: needs /usr/include/eigen3/Eigen/Dense

#include <Eigen/Dense>
#include <iostream>

#include "check.h"

int main() {
  constexpr int kSize = 60;
  Eigen::MatrixXd a(kSize, kSize);
  for (int i = 0; i < kSize; ++i) {
    for (int j = 0; j < kSize; ++j) a(i, j) = (i == j ? kSize : 0) + (i * 7 + j * 3) % 11;
  }
  const Eigen::VectorXd wanted = Eigen::VectorXd::LinSpaced(kSize, 1, kSize);
  const Eigen::VectorXd right = a * wanted;
  std::cout.precision(10);
  std::cout << (a.partialPivLu().solve(right) - wanted).norm() / wanted.norm() << '\n'
            << (a.householderQr().solve(right) - wanted).norm() / wanted.norm() << '\n';
  const Eigen::MatrixXd symmetric = a + a.transpose();
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(symmetric);
  CHECK(solver.info() == Eigen::Success);
  std::cout << solver.eigenvalues()(0) << ' ' << solver.eigenvalues()(kSize - 1) << '\n' << (a * a.transpose()).trace() << '\n';
}
