// SPDX-License-Identifier: Apache-2.0
//
// Blocks of 64 KiB through a TCP connection to another thread; one operation is one block.

#include <thread>
#include <vector>

#include "network/loopback.h"

int main(int count, char** arguments) {
  constexpr long kBlock = 64 * 1024;
  const int rounds = bench::size_argument(count, arguments);
  const bench::Pair pair(SOCK_STREAM);
  long received = 0;
  bench::measure(rounds, [&] {
    std::thread reader([&] {
      std::vector<char> buffer(kBlock);
      for (ssize_t length = 0; (length = read(pair.other, buffer.data(), buffer.size())) > 0;) received += length;
    });
    const std::vector<char> block(kBlock, 's');
    for (int i = 0; i < rounds; ++i) bench::require(write(pair.one, block.data(), block.size()) == kBlock);
    shutdown(pair.one, SHUT_WR);
    reader.join();
  });
  std::printf("%ld\n", received);
}
