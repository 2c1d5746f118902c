// SPDX-License-Identifier: Apache-2.0
//
// Quotes, one after the other, once the quoting enclave runs.
#include <sgxx/quote.h>

#include "measure.h"

int main(int count, char** arguments) {
  const int rounds = bench::size_argument(count, arguments);
  const std::size_t size = sgxx::create_quote({}).size();
  int good = 0;
  bench::measure(rounds, [&] {
    for (int i = 0; i < rounds; ++i) good += sgxx::create_quote({}).size() == size;
  });
  std::printf("%d\n", good);
}
