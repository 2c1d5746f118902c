// SPDX-License-Identifier: Apache-2.0
//
// <valarray>: slices, masks and arithmetic on whole arrays.

#include <iostream>
#include <valarray>

int main() {
  std::valarray<double> values(12);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<double>(i);
  std::valarray<double> column = values[std::slice(1, 4, 3)];
  std::cout << column.sum() << ' ' << (column * 2.0 + 1.0).max() << ' ' << std::sqrt(column)[3] << '\n';
  values[values > 5.0] = -1.0;
  std::cout << values.sum() << ' ' << values.cshift(2)[0] << '\n';
  const std::gslice corner(0, {2, 2}, {4, 1});
  std::cout << std::valarray<double>(values[corner]).sum() << '\n';
}
