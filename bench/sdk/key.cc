// SPDX-License-Identifier: Apache-2.0
#include <sgxx/key.h>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const sgxx::Key128 first = sgxx::derive_key({});
  int same = 0;
  bench::measure(rounds, [&] {
    for (int i = 0; i < rounds; ++i) same += sgxx::derive_key({}) == first;
  });
  std::printf("%d\n", same);
}
