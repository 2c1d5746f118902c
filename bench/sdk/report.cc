// SPDX-License-Identifier: Apache-2.0
#include <sgxx/report.h>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const sgxx::TargetInfo target = sgxx::TargetInfo::own();
  int good = 0;
  bench::measure(rounds, [&] {
    for (int i = 0; i < rounds; ++i) good += sgxx::create_report(target).claimed_identity() == sgxx::own_identity();
  });
  std::printf("%d\n", good);
}
